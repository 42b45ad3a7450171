"""Credentials other than passwords: API keys, access codes, and clients with their secrets.

Each is a random secret. It is shown once and stored as a digest. This package sees no password.
"""
