"""Inputs that are almost right: genuine ones with a few bytes changed, doubled, cut or moved."""

from collections.abc import Iterable

from hypothesis import strategies as st

from tests.texts import WRITABLE

SPICE = (
    "", "\0", "\x00\xff", "=", "==", "~", ".", "..", "%00", "%", "&", ";", ",", '"', "\\", "'", "{", "}", "[",
    "]", ":", "\r\n", "\n", "\t", " ", "<", ">", "<!DOCTYPE a [", "<!ENTITY a 'b'>", "&a;", "&#0;", "]]>",
    "xmlns=", "encoding='utf-16'", "null", "true", "NaN", "1e999", "-0", "9" * 400, "[" * 2000, '{"a":' * 500,
    "\ud800", "\u202e", "é", "é", "ﬀ", "İ", "\N{PILE OF POO}", "\ufeff", "Bearer ", "Basic ", "Bearer",
    "alg", "none", "kid", "jwk", "sid", "gen", "use", "refresh", "\\ud800", "\\u0000", "+", "-", "_", "/",
)  # fmt: skip


@st.composite
def mangled(draw, genuine: Iterable[str]) -> str:
    """A genuine text, changed in up to four places, sometimes in none."""
    examples = sorted(genuine)
    text = draw(st.sampled_from(examples))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        until = draw(st.integers(at, min(len(text), at + 8)))
        match draw(st.integers(0, 5)):
            case 0:
                text = text[:at] + draw(st.sampled_from(SPICE)) + text[until:]
            case 1:
                text = text[:at] + draw(st.text(WRITABLE, max_size=3)) + text[until:]
            case 2:
                text = text[:at] + text[until:]
            case 3:
                text = text[:until] + text[at:]
            case 4:
                other = draw(st.sampled_from(examples))
                text = text[:at] + other[draw(st.integers(0, len(other))) :]
            case _:
                text = text[:at] + text[at:until].swapcase() + text[until:]
    return text


def texts(genuine: Iterable[str]) -> st.SearchStrategy[str]:
    return st.one_of(mangled(genuine), st.text(WRITABLE, max_size=60))


def raw(genuine: Iterable[str], *codecs: str) -> st.SearchStrategy[bytes]:
    """The same as bytes in one of the codecs; or random bytes."""
    encoded = st.builds(
        lambda text, codec: text.encode(codec, "surrogatepass" if "utf" in codec else "replace"),
        texts(genuine),
        st.sampled_from(codecs or ("utf-8",)),
    )
    return st.one_of(encoded, st.binary(max_size=200))


def header(genuine: Iterable[str]) -> st.SearchStrategy[str]:
    """A header's value as WSGI has it (PEP 3333): bytes as Latin-1, no control character."""
    return texts(genuine).map(
        lambda text: "".join(
            character
            for character in text.encode("utf-8", "replace").decode("latin-1")
            if character == "\t" or (character >= " " and character != "\x7f")
        )
    )
