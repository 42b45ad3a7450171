"""Maintenance: the checks at start, readiness, the purge, and the rotation of keys.

No other package of the core imports it. The server's hooks, the doors and the commands call it.
"""
