"""Break Watchword on purpose, and count what it said and did not keep.

Every scenario starts real gunicorn workers on loopback, on a database of its own, drives a bounded
load, breaks something, and compares each answered success with the state afterwards. Uses the service
as its clients do; touches its insides only to fill a database and to count rows.
"""
