"""What keeps the service going: the checks before the start, the purge, and the care of keys.

The other rooms know nothing of it; the server's hooks and the commands call it.
"""
