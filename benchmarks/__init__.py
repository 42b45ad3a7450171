"""The benchmark suite measures Watchword beside bare WSGI, bare Flask and its peers.

It makes the table of ``docs/performance.md``. The server under test has one core; wrk and this program have
another. Variants take turns (A B C A B C …), and a ratio is the median of the ratios within each turn. A
variant with a wrong answer gets no figure.
``python -m benchmarks`` (``make bench``) runs everything, ``--only`` some parts; databases and the
peers' virtual environments are made on first use and kept in ``benchmarks/.cache``.
"""
