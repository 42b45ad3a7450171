"""Brute-force protection: failures are counted per login name and per client address, and cause pauses.

``throttle`` decides what is counted and when a pause (a lockout for a time) begins. ``counters`` keeps the
counts in the database. This package sees no password.
"""
