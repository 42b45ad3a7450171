"""Alphabets for hypothesis.

One by a codec, as ``text()`` has it too, asks of every character there is whether the codec knows it: one to
two seconds, in each process of a fresh clone. These two are the same, said by what they leave out.
"""

from hypothesis import strategies

# What UTF-8 can write: all but the surrogates.
WRITABLE = strategies.characters(exclude_categories=["Cs"])
# What an HTTP header can hold, in latin-1.
HEADER = strategies.characters(max_codepoint=255, exclude_characters="\r\n\0")
