"""The benchmark suite: Watchword measured beside bare WSGI, bare Flask and its peers.

Owns how the table of ``docs/performance.md`` comes about. The server under test has one core, wrk and
this program have another. Variants take turns (A B C A B C …), a ratio is the median of the ratios
within each turn, and a variant whose answers are not what they should be has no figure at all.
``python -m benchmarks`` (``make bench``) runs everything, ``--only`` some parts; databases and the
peers' virtual environments are made on first use and kept in ``benchmarks/.cache``.
"""
