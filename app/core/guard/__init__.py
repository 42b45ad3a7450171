"""The brute-force guard: attempts counted per login name and client address, and the pauses that follow.

``throttle`` says what is counted and when a pause begins, ``counters`` are its rows. No password in here.
"""
