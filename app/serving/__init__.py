"""The HTTP/1.1 server: bytes in, WSGI, bytes out, under gunicorn's master.

It owns the connections, the only parser of their bytes (llhttp, through httptools), the WSGI environment
and the response. It knows WSGI (PEP 3333), and of the application only three hooks on ``Worker``: may
this request wait, is its body ignored, and how is an error phrased that the application never sees. It
imports no other package of ``app``.
"""
