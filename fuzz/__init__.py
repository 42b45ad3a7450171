"""Feed Watchword what nobody would send, and hold it to its promises.

A target is one parser, decoder or the whole service, and an invariant that every input must keep:
only ``Refused`` leaves a parser, in bounded time; nothing counts that was not minted here; whatever a
request holds, the answer is no 500 and no HTML, and has the shape of its dialect. A finding is kept as a
test under ``tests/fuzz_findings``.
"""
