"""Pages in a real browser: Playwright drives the system's Chromium.

A test asks for ``browse`` and opens a ``Visit``: a browser context of its own, with one page, in the width
and the colours that it names, with or without JavaScript. It is marked ``browser``.
"""
