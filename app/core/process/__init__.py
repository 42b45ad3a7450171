"""What one process keeps in memory: proven passwords, counts of refusals and idle expiries to be written.

The database decides at every use. A process that crashes loses what it had not written: a second of
counts, a few seconds of idle expiries.
"""
