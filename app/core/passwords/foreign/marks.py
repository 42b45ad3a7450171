"""The marks of a hash: how it begins, what it has anywhere, and how programs mask one.

They are patterns of text only. ``plain`` asks them. Texts of at most ``MAX_STORED`` characters are asked for.
"""

import re

from .building import DIGESTS
from .locks import WORD

# Words in capitals and small letters, as people write them: CorrectHorse2024. A hash has other ones.
_WORDS = r"(?-i:[A-Z]?[a-z]+(?:[A-Z][a-z]+)*\d{0,6})"
_MIXED = r"(?-i:(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])(?=[\w+/]*[\d+/]))"
# Schemes in braces that are hashes, with what SAP, Dovecot and others write behind the name.
_SCHEMES = (
    r"(?:(?:[\w-]{1,20}-|[BS])?(?:CRYPT|MD[45])|S?SHA(?:[\d-][\w-]*)?"
    r"|(?:SCRAM|ARGON2|PBKDF2|X-IS|X-PWD|FSHP\d)[\w@-]*)(?:[.@][\w.@-]*|[ ,|]+[\d|]+)?"
)
# Others, some of which are no hashes; but no passwords either.
_OTHERS = (
    r"(?:PLAIN|CLEAR|(?:PLAIN|CLEAR)TEXT|NOOP|LDAP|SASL|KERBEROS|NT|NTLM|LM|LANMAN|XOR|NULL|3?DES|AES|OTP|BASE64)"
    r"(?:[.@-][\w.@-]*)?"
)
_FUNCTION = (
    r"(?:smd5|md[2456]|s?sha(?:[-_]?\d{1,3})?|hmac[-_]?(?:sha|md)\d*|ripemd-?\d+|blake2[bs]?)"
)
# Methods of crypt.
_METHOD = r"(?:\d{1,2}[a-z]?|[PHSUBC]|g?y|wp|apr1|s0|sm3|sha\d*|md5|NT|bcrypt|scrypt|argon2|pbkdf2)"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.ASCII | re.IGNORECASE)


# A digest without any mark. A machine may have made a password like it.
BARE = re.compile("|".join(f"[0-9A-Fa-f]{{{2 * size}}}" for size in DIGESTS.values()), re.ASCII)
# What tells a hash wherever it stands. Nobody chooses these, and no generator meets them by chance.
WITHIN = _any_of(
    # crypt; of MySQL's, the salt may have any sign.
    r"\$(?:2[abxy]?\$\d\d|A\$\d{3}\$|y\$j\w{1,3}\$|[56]\$rounds=|argon2|bcrypt|scrypt|pbkdf2)",
    r"2[abxy]\$\d\d\$|\d\d\$[./0-9A-Z]{53}|%24[\w+,=.-]{1,32}%24\S{16}",
    rf"\${_METHOD}(?:[-,_.][\w+,=.-]{{0,30}})?\$[\w./$=,+-]{{20}}",
    rf"\{{\s*{_SCHEMES}\s*\}}\s*[\w$!*./+=]",
    r"(?-i:AQAAAA[AEI]A)",  # ASP.NET Identity
    # Digests in Base64, of 16 bytes or more, also behind a tag. One of 24 or 48 bytes has no "=" at its end.
    rf"(?<![\w+/-]){_MIXED}[\w+/-]{{22,}}={{1,2}}(?![\w+/=])",
    rf"(?<![\w+/]){_MIXED}[\w+/]{{22,}}[.:;,|$]{_MIXED}[\w+/]{{22,}}",
    # Digests in hexadecimal. No UUID has so many digits in a row.
    r"[0-9A-F]{32}|(?:[0-9A-F]{2}[:. -]){15}[0-9A-F]{2}",
    r"(?:[0-9A-F]{4}[: -]){7}[0-9A-F]{4}|(?:[0-9A-F]{8}[: -]){3}[0-9A-F]{8}",
    # Names of functions. A few words may be about one of them.
    r"(?:pbkdf2|bcrypt|scrypt|argon2)[\w-]{0,24}(?:[$:\0]\S|[^\w\s-]\S{12})",
    rf"(?<![A-Z]){_FUNCTION}(?![A-Z0-9])[\w-]{{0,20}}\W\S{{0,200}}?[\w+/.-]{{20}}",
)
# How a hash begins, also one that is not known here or cut off.
BEGINS = _any_of(
    WORD,
    # Without a space or another sign to the end, the method is enough; unknown ones have 16 characters more.
    rf"\$(?:{_METHOD}|md5,[\w=]+)\$[\w./$=,+-]*\Z|\$[\w+,=.-]{{1,32}}\$[\w./$=,+-]{{16,}}\Z",
    rf"\{{\s*{_OTHERS}\s*\}}\s*\S|\{{{_FUNCTION}[\w+/]{{20}}",
    # LDAP writes its schemes in capitals, others in any letters before a long text.
    r"(?-i:\{[A-Z0-9][A-Z0-9_.@-]{1,39}\})\s?[\w+/=.$:@]+\Z",
    r"\{[\w.@,| -]{1,40}\}\s?(?-i:(?=\S*[A-Z0-9+/=]))[\w+/=.$:-]{16,}\Z",
    r"(?-i:md[45]|sha\d*|crypt)\$[\w./$=+-]*\Z",  # Django
    r"SCRAM-SHA-\d[\w-]*[^\w\s]\S",
    r"(?-i:OBF|CRYPT|LK|LOCKED|DISABLED)[:{][\w./+=$,:{}-]{8,}\Z|ENC\(\S{8,}\)\Z",  # Jetty, Jasypt
    # An object of JSON or Python, a term of Erlang, a value of PHP
    r"[\[({]\s*[\"'][\w -]+[\"']\s*:|\{scram,|[as]:\d+:[{\"]",
    rf"\((?!{_WORDS}\))(?-i:G[\w+/]{{19}}|H[\w+/]{{48,49}})\)\Z",  # Domino
    # PBKDF2: rounds, salt and digest
    rf"\d{{3,9}}[.:;,|/$](?:[\w+/]{{8,}}[.:;,|/$]{_MIXED}|[\w+/]{{8,}}={{1,2}}[.:;,|/$])[\w+/=]{{16,}}\Z",
    # bytes in decimals, and as Python writes them
    r"[\[({]?\s*(?:-?\d{1,3}(?:,\s*|\s+)){15}-?\d{1,3}|b(?:'[^']*|\"[^\"]*)\\x[0-9a-f]{2}",
    # crypt without its method, bytes in octal, Oracle's with its salt
    rf"[./0-9A-Z]{{4,16}}\${_MIXED}[./0-9A-Z]{{22,}}\Z|(?:\\[0-7]{{3}}){{4}}|[0-9A-F]{{16}}:[0-9A-F]{{8,}}\Z",
    r"_[./0-9A-Z]{3}\.[./0-9A-Z]{15}\Z",  # BSDi, with less than 262,144 rounds
    r"(?:0x|\\{1,2}x)[0-9A-F]{16}",  # bytes, as SQL Server and PostgreSQL write them
    # Django's "!" for no password, MySQL's "*", and DES crypt with a lock. Its last sign is one of 16.
    rf"[!*](?!{_WORDS}\Z)[0-9A-Z]{{24,}}\Z",
    rf"[!*]{{1,2}}(?!{_WORDS}\Z)[./0-9A-Z]{{12}}(?-i:[.26AEIMQUYcgkosw])\Z",
)
# Words for what is not shown, or is nowhere: in Moodle "not cached", of a user of Google "google_oauth2". The
# longest counts, and no other one once it is found: what may be read in two ways would be tried in all.
_NONE = (
    r"(?>null|nil|n/a|empty|unset|undefined|unus(?:able|ed)|unavailable|impossible|REF|VALUE|NAME"
    r"|redacted|filtered|hidden|masked|removed|omitted|protected|encrypted|anonymi[sz]ed|sensitive"
    r"|external(?:ly)?|restored|binary|data|blob|\d+ ?(?:[kM]i?)?B|password|secret|hash(?:ed)?|placeholder"
    r"|disabled|locked|deleted|deactivated|account|login|auth(?:entication|enticated)?|managed|social"
    r"|oauth2?|openid|oidc|saml2?|ldap|sso|google|facebook|github|azure|microsoft"
    r"|set|no(?:ne|t)?|cached|to|be|is|in(?:valid)?|by|via|use[rs]?|generated)"
)
# How programs write an object or bytes that they cannot: the same for every user of a file.
_OBJECT = (
    r"(?:\w+\.)+\w+\[\]|System\.[\w.]+|(?:\[[A-Z]|(?:\w+\.){2,}\w+)@[0-9a-f]{1,8}|\[object \w+\]"
    r"|<Buffer[0-9a-f .]*>|<[\w .]+ at 0x[0-9a-f]+>|#<\w.*>|Resource id #\d+"
)
# What stands where a secret should: a run of one sign, also with spaces or the last characters of a secret,
# such words, or such an object.
MASK = re.compile(
    rf"[*!•●.x\s]+|([^\w\s]|_)(?:\s*\1)*|[*•●∗■█·]{{4,}}\s*\w{{1,4}}|[\W_]*(?:{_NONE}[\W_]*)+|{_OBJECT}",
    re.IGNORECASE,
)
