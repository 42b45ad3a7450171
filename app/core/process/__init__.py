"""What one process keeps in memory: proven passwords, refusals to be counted, touches to be written.

None of it is the truth. The database is asked at every use, and a process that dies loses seconds of counts.
"""
