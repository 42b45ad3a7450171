"""What all dialects share of HTTP: the pipeline between a request and a core call.

Owns routes, request ids, client addresses, credential headers, strict bodies, logs, metrics, the ``Dialect``
base class with its contract decorator, and the choice of an error's dialect by URL prefix. It knows no
dialect by name and decides nothing that ``core`` decides. An operation states its contract once
(``contract.Operation``). Validation, error handling and the OpenAPI document all come from it.
"""
