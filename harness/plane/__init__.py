"""The control plane: worlds of the real service, and what a test may do to one of them.

It owns the virtual clock, faults, journal, snapshots, and the HTTP API under ``/__harness__/``. It calls
``create_app(settings, clock)`` and the core's own functions. It may not decide about sessions, tokens or
refusals, and no setting of the service leads here: only the harness's command starts it.
"""
