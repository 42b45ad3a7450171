"""What is presented instead of a password: API keys, access codes, and the secrets of clients.

Each is random, shown once, kept as a digest, and ends with what it was made under. No password in here.
"""
