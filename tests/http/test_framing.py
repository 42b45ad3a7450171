"""Where a request ends: told byte by byte, in one piece, or never."""

import pytest

from app.http.framing import ENOUGH, MAX_BODY, MAX_HEAD, Framing, HeadTooLarge

GET = b"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = CHUNKED + b"3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
TRAILERS = CHUNKED + b"1\r\na\r\n0\r\nX-A: b\r\n\r\n"


def framed(data: bytes, **options: frozenset[str]) -> Framing:
    framing = Framing(**options)
    framing.add(data)
    return framing


@pytest.mark.parametrize("request_", [GET, POST, CHUNKS, TRAILERS])
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_: bytes):
    framing = Framing()
    for index in range(len(request_)):
        assert not framing.whole, f"whole at byte {index}"
        framing.add(request_[index : index + 1])
    assert framing.whole
    assert not framing.cut
    assert framed(request_).whole
    assert bytes(framing.buffer) == request_


@pytest.mark.parametrize("request_", [GET, POST, CHUNKS])
def test_what_was_sent_behind_a_request_stays_with_it(request_: bytes):
    framing = framed(request_ + GET)
    assert framing.whole
    assert bytes(framing.buffer) == request_ + GET


def test_a_body_announced_larger_than_any_is_not_waited_for():
    head = b"POST /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    assert not framed(head % MAX_BODY).whole
    framing = framed(head % (MAX_BODY + 1))
    assert (framing.whole, framing.cut) == (True, True)
    assert framed(head % 10**17).cut


@pytest.mark.parametrize("size", [1, 100, ENOUGH + 1, 2**31])
def test_of_a_chunked_body_no_more_than_enough_is_waited_for(size: int):
    framing = framed(CHUNKED)
    sent = 0
    while not framing.whole:
        sent += min(size, 5000)
        framing.add(b"%x\r\n" % size if size > 5000 and sent == 5000 else b"")
        framing.add(b"a" * 5000 if size > 5000 else b"%x\r\n%s\r\n" % (size, b"a" * size))
        assert sent < 2 * ENOUGH
    assert framing.cut
    assert len(framing.buffer) > ENOUGH


def test_a_broken_chunk_is_the_parsers_to_refuse_at_once():
    assert framed(CHUNKED + b"xyz\r\n").whole


def test_a_head_has_64_kib():
    line = b"GET / HTTP/1.1\r\nX: "
    framing = framed(line + b"a" * (MAX_HEAD - len(line)))
    assert not framing.whole
    with pytest.raises(HeadTooLarge):
        framing.add(b"a")
    with pytest.raises(HeadTooLarge):
        framed(line + b"a" * MAX_HEAD + b"\r\n\r\n")


def test_where_bodies_are_ignored_none_is_waited_for():
    head = POST.removesuffix(b"abc")
    framing = framed(head, ignores_body=frozenset({"/a"}))
    assert (framing.whole, framing.cut) == (True, True)
    assert not framed(POST, ignores_body=frozenset({"/a"})).cut
    assert not framed(head, ignores_body=frozenset({"/b"})).whole


def test_only_a_client_whose_body_is_missing_waits_for_100_continue():
    head = b"POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    assert framed(head).expects
    assert framed(head + b"abc").whole
    assert not framed(GET).expects


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"GET /a?b HTTP/1.1", ("GET", "/a")),
        (b"GET", ("GET", "")),
        (b"", ("", "")),
        (b"\x00\xff /\xff", ("\x00\xff", "/\xff")),
    ],
)
def test_the_target_is_what_the_request_line_seems_to_say(line: bytes, target: tuple[str, str]):
    assert framed(line + b"\r\n").target == target
