"""How settings are read and judged: their ``source``, the ``values``, and the ``start`` as a whole.

``config.py`` says which settings there are. Nothing in here reads the database or answers a request.
"""
