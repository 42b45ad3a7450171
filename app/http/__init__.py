"""What all dialects share of HTTP: the pipeline between a request and a core call.

Owns request ids, client addresses, credential headers, strict bodies, the ``Dialect`` base class with
its contract decorator, the choice of an error's dialect by URL prefix, and beneath all that the gunicorn
worker that takes whole requests from slow clients (``worker``, ``lead``, ``waiting``). Knows no
dialect by name; decides nothing that ``core`` decides. An operation states its contract once
(``contract.Operation``); validation, error handling and the OpenAPI document all come from it.
"""
