"""How settings are declared, read and checked.

``setting`` is a declaration, ``source`` the environment, ``values`` the parsers, ``limits`` the settings
that the core's policy declares, and ``start`` what else must be right before the server starts.
``settings`` declares them all, and ``config.py`` reads them. Nothing in here reads the database or
answers a request.
"""
