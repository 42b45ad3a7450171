"""Fuzzing: send Watchword hostile input, and check that its invariants hold.

A target is a parser, a decoder or the whole service, with an invariant for every input. A parser raises
only ``Refused``, in bounded time. No token is valid that was not made here. No request gets a 500 or HTML,
and each answer has the shape of its dialect. A finding becomes a test in ``tests/fuzz_findings``.
"""
