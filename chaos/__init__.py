"""Fault injection: break Watchword on purpose, and count the answers that turn out untrue.

Every scenario starts real gunicorn workers on loopback, on a database of its own, drives a bounded
load, breaks something, and compares each answered success with the state afterwards. It uses the service as
its clients do, and its modules only to fill a database and to count rows.
"""
