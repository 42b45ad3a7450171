"""XML bodies: every spelling that a client may use, and every abuse that one may try."""

import codecs
import time
import tracemalloc

import pytest

from app.dialects.login import xml
from tests.cases import each

from .conftest import KEY, LOGIN, TYPES, assert_refused, body_in, post

XML_TYPES = tuple(name for name in TYPES if name.endswith("xml"))
USER = f"<UserLogin>{LOGIN}</UserLogin>"
API_KEY = f"<ApiKey>{KEY}</ApiKey>"
PLAIN = f"<Request>{USER}{API_KEY}</Request>"
NOT_XML = ["the body is not valid XML"]
BOTH_MISSING = ["The UserLogin field is required.", "The ApiKey field is required."]


@each(
    "body",
    [
        PLAIN,
        f"<Request>{API_KEY}{USER}</Request>",
        f'<?xml version="1.0"?>{PLAIN}',
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{PLAIN}\n',
        f'<Request xmlns="http://schemas.example.net/login">{USER}{API_KEY}</Request>',
        f'<a:Request xmlns:a="urn:a"><a:UserLogin>{LOGIN}</a:UserLogin>'
        f'<b:ApiKey xmlns:b="urn:b">{KEY}</b:ApiKey></a:Request>',
        f"<Request><Result/>{USER}{API_KEY}</Request>",
        f"<Request>{USER}{API_KEY}<Result><Message/><Code>2</Code></Result></Request>",
        f"<Request><Device><Os>x</Os></Device>{USER}{API_KEY}<Extra/></Request>",
        f"<Request>\n  {USER}\n\t{API_KEY}\r\n</Request>",
        f"<Request><UserLogin>\n    {LOGIN}\n  </UserLogin><ApiKey>\t{KEY} </ApiKey></Request>",
        f"<Request><UserLogin><![CDATA[{LOGIN}]]></UserLogin>{API_KEY}</Request>",
        f"<Request><UserLogin>John<!-- -->.Doo</UserLogin><?pi x?>{API_KEY}</Request>",
        f"<Request><UserLogin>John&#46;&#x44;oo</UserLogin>{API_KEY}</Request>",
        f'<Request a="1"><UserLogin lang="en">{LOGIN}</UserLogin>{API_KEY}</Request>',
        f"<!-- hello --><Request>text{USER}between{API_KEY}</Request><!-- bye -->",
    ],
)
def test_the_children_count_by_local_name_however_they_are_written(body: str):
    fields = xml.parse(body.encode(), None, "Request")
    assert (fields["UserLogin"], fields["ApiKey"]) == (LOGIN, KEY)


DECLARED = '<?xml version="1.0" encoding="{}"?>' + PLAIN


ENCODINGS = (
    ("text/xml", codecs.BOM_UTF8 + PLAIN.encode()),
    ("text/xml", PLAIN.encode("utf-16")),
    ("text/xml", codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")),
    ("text/xml", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")),
    ("text/xml", codecs.BOM_UTF16_BE + DECLARED.format("utf-16").encode("utf-16-be")),
    # the mark says more than the parameter (RFC 7303 section 3)
    ("text/xml; charset=iso-8859-1", codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")),
    ("text/xml; charset=utf-8", codecs.BOM_UTF8 + PLAIN.encode()),
    # without a mark the parameter says more than the declaration
    ("text/xml; charset=utf-8", DECLARED.format("utf-16").encode()),
    ("text/xml; charset=utf-8", DECLARED.format("ebcdic-cp-us").encode()),
    ('text/xml; charset="UTF-16"', PLAIN.encode("utf-16-le")),
    ("text/xml; charset=utf-16", PLAIN.encode("utf-16-be")),
    ("text/xml; charset=utf-16le", PLAIN.encode("utf-16-le")),
    ("text/xml; charset=us-ascii", PLAIN.encode()),
    # neither: the declaration, or the look of the first character
    ("text/xml", PLAIN.encode("utf-16-le")),
    ("text/xml", DECLARED.format("UTF-16").encode("utf-16-be")),
    ("text/xml", DECLARED.format("iso-8859-1").encode("iso-8859-1")),
    ("text/xml", DECLARED.format("windows-1252").encode("cp1252")),
    # .NET declares what its strings are and sends something else
    ("text/xml", DECLARED.format("utf-16").encode()),
)


def test_the_encoding_is_the_marks_the_parameters_or_the_declarations(client, john):
    for content_type, body in ENCODINGS:
        response = post(client, content_type, body)
        assert response.status_code == 200, (content_type, body)
        assert response.content_type == "text/xml; charset=utf-8"


def test_a_name_beyond_ascii_arrives_in_every_encoding(client, identities):
    user = identities.add("Jürgen")
    body = f"<Request><UserLogin>Jürgen</UserLogin><ApiKey>{user.api_key}</ApiKey></Request>"
    for encoding in ("utf-8", "utf-16", "iso-8859-1", "windows-1252"):
        response = post(client, f"text/xml; charset={encoding}", body.encode(encoding))
        assert response.status_code == 200
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{body}'
        assert post(client, "text/xml", declared.encode(encoding)).status_code == 200


def test_an_unknown_element_is_ignored_however_often_it_comes(client, identities):
    user = identities.add()
    known = f"<UserLogin>{user.username}</UserLogin><ApiKey>{user.api_key}</ApiKey>"
    body = f"<Request><Extra>1</Extra>{known}<Extra><a/></Extra></Request>"
    assert post(client, "application/xml", body).status_code == 200


@each(
    ("body", "errors"),
    [
        ("<Request/>", BOTH_MISSING),
        ("<Request></Request>", BOTH_MISSING),
        (f"<Request>{USER}</Request>", BOTH_MISSING[1:]),
        (f"<Request>{API_KEY}</Request>", BOTH_MISSING[:1]),
        (f"<Request><userlogin>x</userlogin>{API_KEY}</Request>", BOTH_MISSING[:1]),
        (f"<Request><UserLogin/>{API_KEY}</Request>", BOTH_MISSING[:1]),
        (f"<Request><UserLogin> \n</UserLogin>{API_KEY}</Request>", BOTH_MISSING[:1]),
        (
            f"<Request><UserLogin><b>x</b></UserLogin>{API_KEY}</Request>",
            ["The UserLogin field must be a string."],
        ),
        (
            "<Request><UserLogin>x<b/></UserLogin><ApiKey><c/></ApiKey></Request>",
            ["The UserLogin field must be a string.", "The ApiKey field must be a string."],
        ),
        (f"<a><Request>{USER}{API_KEY}</Request></a>", ["the root element is not Request"]),
        (f"<LoginReq>{USER}{API_KEY}</LoginReq>", ["the root element is not Request"]),
        (
            f"<Request>{USER}{USER}{API_KEY}</Request>",
            ["an element stands in the body twice"],
        ),
        (
            f'<Request>{USER}{API_KEY}<x:ApiKey xmlns:x="urn:x">y</x:ApiKey></Request>',
            ["an element stands in the body twice"],
        ),
    ],
)
def test_a_missing_or_wrong_parameter_has_an_entry_each(client, rows, body, errors):
    for media_type in XML_TYPES:
        assert_refused(post(client, media_type, body), 1002, errors, media_type)
    assert rows("SELECT event FROM audit_events WHERE event = 'login_refused'") == []


NOT_WELL_FORMED = (
    b"",
    b" ",
    b"John.Doo",
    b"<",
    b"<Request>",
    PLAIN.encode()[:-1],
    PLAIN.encode() * 2,
    PLAIN.encode() + b"trailing",
    b" <?xml version='1.0'?>" + PLAIN.encode(),
    b"<Request><UserLogin>a</ApiKey></Request>",
    b"<Request><UserLogin>a&b</UserLogin></Request>",
    b"<Request><UserLogin>&undefined;</UserLogin></Request>",
    b"<Request><UserLogin>a\0b</UserLogin></Request>",
    b"<Request><UserLogin>&#0;</UserLogin></Request>",
    b"<Request><UserLogin>&#xD800;</UserLogin></Request>",
    b"<Request><UserLogin>&#99999999999;</UserLogin></Request>",
    b"<Request a='1' a='2'/>",
    b"<Request a=1/>",
    b'{"UserLogin":"John.Doo","ApiKey":"x"}',
    b"<?xml version='1.0' encoding='utf-8'?>",
)


def test_what_is_not_well_formed_is_refused(client):
    for body in NOT_WELL_FORMED:
        assert_refused(post(client, "text/xml", body), 1002, NOT_XML, "text/xml")


UNDECODABLE = (
    ("text/xml", b"<Request>\xff</Request>", "the body is not valid text"),
    ("text/xml", codecs.BOM_UTF16_LE + b"<\0R", "the body is not valid text"),
    ("text/xml", codecs.BOM_UTF16_LE + b"<\0\0\xd8<\0", "the body is not valid text"),
    (
        "text/xml; charset=us-ascii",
        "<Request>é</Request>".encode(),
        "the body is not valid text",
    ),
    ("text/xml", codecs.BOM_UTF32_LE + PLAIN.encode("utf-32-le"), NOT_XML[0]),
    ("text/xml", PLAIN.encode("utf-32-be"), NOT_XML[0]),
    ("text/xml; charset=utf-16", PLAIN.encode(), "the body is not valid"),
    *(
        ("text/xml", DECLARED.format(name).encode(), "the declared encoding is not supported")
        for name in ("utf-7", "idna", "rot13", "unicode_escape", "shift_jis", "ebcdic-cp-us")
    ),
)


def test_text_in_no_supported_encoding_is_refused(client):
    for content_type, body, error in UNDECODABLE:
        response = post(client, content_type, body)
        assert_refused(response, 1002, None, "text/xml")
        assert error in response.text


DTD = "<!DOCTYPE Request [{}]>"
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(12)
)
ABUSES = {
    "a bare DTD": f"<!DOCTYPE Request>{PLAIN}",
    "a public DTD": f'<!DOCTYPE Request PUBLIC "-//X" "http://127.0.0.1:1/x.dtd">{PLAIN}',
    "an internal entity": DTD.format(f'<!ENTITY u "{LOGIN}">') + PLAIN,
    "an external file": DTD.format('<!ENTITY u SYSTEM "file:///etc/passwd">')
    + f"<Request><UserLogin>&u;</UserLogin>{API_KEY}</Request>",
    "an external URL": DTD.format('<!ENTITY u SYSTEM "http://127.0.0.1:1/">')
    + f"<Request><UserLogin>&u;</UserLogin>{API_KEY}</Request>",
    "a parameter entity": DTD.format('<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;') + PLAIN,
    "a billion laughs": DTD.format(LAUGHS) + "<Request><UserLogin>&l11;</UserLogin></Request>",
    "a quadratic blow-up": DTD.format(f'<!ENTITY a "{"x" * 30_000}">')
    + f"<Request><UserLogin>{'&a;' * 8_000}</UserLogin></Request>",
    "an attribute default": DTD.format('<!ATTLIST Request a CDATA "x">') + PLAIN,
    "elements nested 5,000 deep": "<Request>" + "<a>" * 5_000 + "</a>" * 5_000 + "</Request>",
    "nested and never closed": "<Request>" + "<a>" * 20_000,
    "parameters 17 deep": "<Request>" + "<a>" * 16 + "</a>" * 16 + USER + API_KEY + "</Request>",
    "a huge attribute": f'<Request a="{"x" * 60_000}">{USER}{API_KEY}</Request>',
    "ten thousand attributes": "<Request "
    + " ".join(f'a{n}=""' for n in range(6_000))
    + f">{USER}{API_KEY}</Request>",
    "a huge name": f"<Request><{'x' * 60_000}/></Request>",
    "a long namespace in many names": f'<p:Request xmlns:p="{"u" * 30_000}" '
    + " ".join(f'p:a{n}=""' for n in range(2_500))
    + "/>",
    "many namespaces": "<Request "
    + " ".join(f'xmlns:n{n}="u:{n}"' for n in range(2_800))
    + f">{USER}{API_KEY}</Request>",
    "fifteen thousand children": "<Request>" + "<a/>" * 15_000 + "</Request>",
    "a comment that never ends": "<Request><!--" + "-" * 60_000,
    "a text that never ends": "<Request><UserLogin>" + "x" * 60_000,
    "text in ten thousand pieces": "<Request><UserLogin>" + "&lt;x" * 12_000,
}


@each("abuse", ABUSES)
def test_an_abuse_gets_a_prompt_and_cheap_answer(client, rows, abuse: str):
    body = abuse.encode()
    assert len(body) <= 64 * 1024
    started = time.process_time()
    assert_refused(post(client, "application/xml", body), 1002, None, "application/xml")
    assert time.process_time() - started < 2
    assert rows("SELECT event FROM audit_events WHERE event = 'login_refused'") == []


@each("abuse", ABUSES)
def test_an_abuse_takes_little_memory(abuse: str):
    body = abuse.encode()
    tracemalloc.start()
    try:
        with pytest.raises(Exception, match="body_malformed"):
            xml.parse(body, None, "Request")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024


def test_what_is_written_survives_a_parser_whatever_the_text(client):
    from xml.etree import ElementTree

    text = "<&>\"' ]]> ü 漢 \U0001f600"
    written = xml.write("Response", {"Result": {"Message": text, "ModelStateErr": [text, "b"]}})
    root = ElementTree.fromstring(written)
    assert root.findtext("Result/Message") == text
    assert [entry.text for entry in root.iter("string")] == [text, "b"]


def test_the_documented_error_body_in_xml(client, john):
    body = body_in("text/xml", "nobody")
    assert post(client, "text/xml", body).text == (
        "<Response><Result><Message>UserLogin or ApiKey are unknown</Message><Code>1003</Code>"
        "<ModelStateErr></ModelStateErr></Result></Response>"
    )
    assert post(client, "text/xml", "<Request/>").text == (
        "<Response><Result>"
        "<Message>Entry parameter missing or parameter bindings failed</Message>"
        "<Code>1002</Code><ModelStateErr>"
        "<string>The UserLogin field is required.</string>"
        "<string>The ApiKey field is required.</string>"
        "</ModelStateErr></Result></Response>"
    )
