"""The HTTP/1.1 server: bytes in, WSGI, bytes out, under gunicorn's master.

It owns the connections, the one parser (llhttp, through httptools) that has an opinion about their
bytes, the WSGI environment and the response. It knows WSGI (PEP 3333) and nothing of the application
but three hooks on ``Worker``: may this request wait, whose body is ignored, and how an error that never
became a request is phrased. It imports no other package of ``app``.
"""
