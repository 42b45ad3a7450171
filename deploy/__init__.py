"""How Watchword is run: a systemd unit, a container, a cluster, and several machines on one.

No part of the service imports this package.
"""
