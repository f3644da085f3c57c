"""Secrets in text, whatever the field is called: keys with a known form, PEM, JWT, URLs that carry credentials,
connection strings, names of hosts inside a network, and strings that look random.

The forms are those that their vendors document for secret scanning. What has no form is recognized by its randomness:
:func:`find_random`, which also finds identifiers and hashes, and is for places where replacing one of those does no
harm, such as recorded answers.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from adaptgen.model.frozen import lazy


class SecretSpan(NamedTuple):
    """``text[start:end]`` is a secret; ``form`` says of which form."""

    start: int
    end: int
    form: str


# Each pattern is bounded, and each group called "secret" is what has to go: without it, the whole match.
_PATTERNS = (
    (
        "private key",  # RFC 7468; PGP: RFC 9580, 6.2
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    (
        "JSON web token",  # RFC 7519, RFC 7516: the header begins with {"
        r"\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,8000}){1,3}",
    ),
    (
        "key of a known vendor",
        r"(?<![A-Za-z0-9])(?:"
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"  # AWS
        r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}"  # GitHub
        r"|gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_-]{16,300}"  # GitLab
        r"|xox[abeoprs]-[A-Za-z0-9-]{8,250}|xapp-[A-Za-z0-9-]{8,250}"  # Slack
        r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,250}|whsec_[A-Za-z0-9+/=]{16,250}"  # Stripe, standard webhooks
        r"|AIza[A-Za-z0-9_-]{30,45}|GOCSPX-[A-Za-z0-9_-]{16,60}|ya29\.[A-Za-z0-9_-]{16,2000}"  # Google
        r"|sk-[A-Za-z0-9_-]{16,300}"  # OpenAI, Anthropic and others
        r"|SG\.[A-Za-z0-9_-]{12,60}\.[A-Za-z0-9_-]{12,120}"  # SendGrid
        r"|key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}"  # Mailgun, Mailchimp
        r"|npm_[A-Za-z0-9]{30,60}|pypi-[A-Za-z0-9_-]{16,400}|rubygems_[0-9a-f]{32,64}"  # package registries
        r"|do[opr]_v1_[0-9a-f]{40,80}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,64}|hf_[A-Za-z0-9]{24,60}"
        r"|dckr_(?:pat|oat)_[A-Za-z0-9_-]{16,80}|lin_api_[A-Za-z0-9]{24,60}|figd_[A-Za-z0-9_-]{24,80}"
        r"|ATATT3[A-Za-z0-9_=-]{24,400}|dapi[0-9a-f]{32}|dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9]{24,80}"
        r"|hv[sbr]\.[A-Za-z0-9_-]{16,400}|s\.[A-Za-z0-9]{24}|tskey-[a-z]{2,12}-[A-Za-z0-9-]{10,120}"
        r"|EAA[A-Za-z0-9]{40,400}|PMAK-[0-9a-f]{20,30}-[0-9a-f]{30,40}|NRAK-[A-Z0-9]{20,40}"
        r"|AGE-SECRET-KEY-1[A-Z0-9]{50,70}|ops_eyJ[A-Za-z0-9_-]{20,2000}"
        r"|(?:SK|AP)[0-9a-f]{32}|[0-9]{8,10}:AA[A-Za-z0-9_-]{32,35}"  # Twilio, Telegram
        r"|[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"  # Discord
        r")(?![A-Za-z0-9])",
    ),
    (
        "URL with a password",  # RFC 3986, 3.2.1
        r"(?i)\b[a-z][a-z0-9+.-]{1,30}://(?P<secret>[^\s/?#@\"'<>]{0,200}:[^\s/?#@\"'<>]{1,300})@",
    ),
    (
        "URL with a token",
        r"(?i)[?&#;](?:[a-z0-9_.\[\]-]{0,40}(?:token|secret|passw(?:or)?d|signature|credential|api-?_?key"
        r"|access-?_?key|session(?:-?_?id)?|otp|ticket|assertion)|key|sig|sign|auth|jwt|code|pwd|sid|hmac|apikey)"
        r"=(?P<secret>[^\s&#;\"'<>]{6,4000})",
    ),
    (
        "secret address",  # an address that is the credential: incoming webhooks
        r"(?i)\bhttps://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:[a-z0-9.-]{1,60}\.)?discord(?:app)?"
        r"\.com/api/webhooks|[a-z0-9.-]{1,80}\.webhook\.office\.com|hooks\.zapier\.com/hooks"
        r"|[a-z0-9.-]{1,80}\.logic\.azure\.com)/(?P<secret>[^\s\"'<>]{8,1000})",
    ),
    (
        "header with a credential",  # RFC 9110, 11.4; RFC 6265
        r"(?i)\b(?:bearer|basic|negotiate|digest|apikey)[ :]{1,3}(?P<secret>[A-Za-z0-9+/=_.~-]{8,4000})(?![a-z])",
    ),
    ("cookie", r"(?i)\b(?:set-)?cookie2?[ \t]{0,3}:[ \t]{0,3}(?P<secret>[^\r\n]{4,4000})"),
    (
        "setting that names a secret",  # password=…, "apiKey": "…", AccountKey=…; also within a longer text
        r"(?i)(?:passw(?:or)?d|passphrase|passwd|\bpwd|secret|token|api[ _-]?key|access[ _-]?key|account[ _-]?key"
        r"|private[ _-]?key|auth[ _-]?key|encryption[ _-]?key|signing[ _-]?key|credentials?"
        r"|passwort|kennwort|mot de passe|contrase\u00f1a|contrasena|senha|wachtwoord|has\u0142o"
        r"|shared[ _-]?access[ _-]?(?:key|signature))"
        r"(?:[\"'\\]{0,3}[ \t]{0,3}(?:=|:|=>|:=|%3D|%3A)[ \t]{0,3}|[ \t]{1,2}is[ \t]{1,2})[\"'\\]{0,3}"
        r"(?P<secret>[^\s\"'\\,;&<>{}()\[\]]{4,2000})",
    ),
    (
        "element that names a secret",  # <password>…</password>, as it is and with entities
        r"(?i)(?:<|&lt;)[\w.:-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api-?_?key|access-?_?key|private-?_?key"
        r"|credentials?)[\w.-]{0,40}(?:[ \t][^<>&]{0,200})?(?:>|&gt;)(?P<secret>[^<>&]{1,2000})(?:<|&lt;)/",
    ),
    (
        "pair that names a secret",  # key="db.password" value="…", {"name": "api_key", "value": "…"}
        r"(?i)\b(?:key|name|field|label|property)[\"'\\]{0,3}(?:&quot;)?[ \t]{0,3}[=:]"
        r"[ \t]{0,3}(?:[\"'\\]{1,3}|&quot;)"
        r"[\w. -]{0,60}(?:passw(?:or)?d|passphrase|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key)"
        r"[\w. -]{0,30}(?:[\"'\\]{1,3}|&quot;)[ \t,]{1,4}[\"'\\]{0,3}value[\"'\\]{0,3}[ \t]{0,3}[=:][ \t]{0,3}"
        r"(?:[\"'\\]{1,3}|&quot;)(?P<secret>[^\"'\\&<>]{1,2000})",
    ),
    (
        "line of a netrc file",
        r"(?i)\b(?:machine\s{1,9}\S{1,100}|default)\s{1,9}login\s{1,9}\S{1,100}\s{1,9}password\s{1,9}(?P<secret>\S{1,300})",
    ),
    (
        "argument with a password",  # curl -u ada:…
        r"(?<![\w-])(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[^\s:\"']{1,100}:(?P<secret>[^\s\"']{1,300})",
    ),
    ("connection string", r"(?i)\bjdbc:oracle:[a-z]{2,6}:[^\s/@:]{1,60}/(?P<secret>[^\s@]{1,200})@"),
    (
        "session cookie",
        r"(?i)(?<![\w.-])(?:j?session_?id|phpsessid|asp\.net_sessionid|connect\.sid|_?session|[a-z0-9]{1,30}_session"
        r"|(?:csrf|xsrf)-?_?token)=(?P<secret>[^\s;,&\"'<>]{6,4000})",
    ),
    (
        "code of a person",
        r"(?i)(?<![\w-])(?:pin|otp|cvv2?|cvc|passcode|one-time code)(?: code)?[ \t]{0,2}[:=][ \t]{0,2}"
        r"(?P<secret>\d{3,10})(?!\w)",
    ),
    (
        "address inside a network",  # RFC 1918, RFC 6598, RFC 3927
        r"(?<![\w.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
        r"|169\.254(?:\.\d{1,3}){2}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2})(?![\w]|\.\d)",
    ),
    (
        "host inside a network",  # RFC 6762, RFC 8375, RFC 2606; names that no public resolver knows
        r"(?i)(?<![a-z0-9.@-])(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.){1,8}(?:internal|local|lan|corp|intranet|intra|priv|private"
        r"|home\.arpa|localdomain|consul|svc)(?![a-z0-9-]|\.[a-z0-9])",
    ),
    (
        "host inside a network",
        r"(?i)\bhttps?://(?P<secret>(?!localhost\b)[a-z][a-z0-9_-]{1,62})(?=[:/?#\"'\s]|$)",
    ),
)
_FORMS = tuple((form, lazy(pattern)) for form, pattern in _PATTERNS)

_NOT_SECRET = lazy(
    r"(?i)(?:null|none|true|false|undefined|required|optional|string|n/a|redacted|hidden|\*+|x{3,}|\.{3,}|fake-[a-z0-9-]*"
    r"|<[^>]*>|\$\{[^}]*\}|\{[^}]*\})"
)
_IN_PROSE = ("header with a credential", "setting that names a secret")
_ASSIGNED = lazy(r"(?i)[\"'=]$|authorization[\"' :=]{1,6}[a-z]{1,12} {1,3}$")
_WORDS = lazy(r"(?i)(?=[a-z-]{1,24}$)[a-z]{2,}(?:-[a-z]{2,})*")
_RANDOM = lazy(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{20,4000}={0,2}(?![A-Za-z0-9+/_=-])")
_SEGMENT = lazy(r"[^/]+")
_WORD = lazy(r"[a-z]{3,}|v[0-9]{1,3}")
_UUID = lazy(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def find_secrets(text: str) -> list[SecretSpan]:
    """The secrets with a known form in ``text``, in order; they do not overlap."""
    if len(text) < 6:
        return []
    found: list[SecretSpan] = []
    for form, pattern in _FORMS:
        for match in pattern.finditer(text):
            group = "secret" if "secret" in match.re.groupindex else 0
            start, end = match.span(group)
            value = text[start:end]
            if group and (_NOT_SECRET.fullmatch(value) or (form in _IN_PROSE and _is_prose(text, start, value))):
                continue
            if not any(start < one.end and one.start < end for one in found):
                found.append(SecretSpan(start, end, form))
    return sorted(found)


def _is_prose(text: str, start: int, value: str) -> bool:
    """Whether this is a word of a sentence, such as "basic information" or "the password is required"."""
    return _WORDS.fullmatch(value) is not None and not _ASSIGNED.search(text[max(0, start - 40) : start])


def find_random(text: str) -> Iterator[SecretSpan]:
    """Strings of 20 characters and more that look random, also as a segment of a path; not what has the form of a
    UUID."""
    for match in _RANDOM.finditer(text):
        for start, end in _random_parts(match[0]):
            yield SecretSpan(match.start() + start, match.start() + end, "string that looks random")


def _random_parts(text: str) -> Iterator[tuple[int, int]]:
    if "/" not in text:
        if not _UUID.fullmatch(text) and looks_random(text):
            yield 0, len(text)
        return
    # A slash is a digit of base64, and what separates the segments of a path.
    segments = [one.span() for one in _SEGMENT.finditer(text)]
    random = [(a, b) for a, b in segments if b - a >= 12 and not _UUID.fullmatch(text[a:b]) and looks_random(text[a:b])]
    if any(_WORD.fullmatch(text[a:b]) for a, b in segments):
        yield from ((a, b) for a, b in random if b - a >= 20)
    elif random:
        yield 0, len(text)


def looks_random(text: str) -> bool:
    """Whether a text without blanks is more likely made by a generator than written by a person.

    Its Shannon entropy per character is near what its length and alphabet allow, and the class of characters (lower,
    upper, digit, other) changes as often as by chance: 0.65 of the time in base64, 0.47 in hexadecimal digits, below
    0.35 in words that are written together, in any case, with years and slashes.
    """
    size = len(text)
    classes = [0 if one.islower() else 1 if one.isupper() else 2 if one.isdigit() else 3 for one in text]
    if len(set(classes)) < 2:
        return False
    entropy = -sum(count / size * math.log2(count / size) for count in Counter(text).values())
    alphabet = 16 if all(one in "0123456789abcdefABCDEF" for one in text) else 64
    if entropy < 0.75 * min(math.log2(alphabet), math.log2(size)):
        return False
    changes = sum(a != b for a, b in itertools.pairwise(classes))
    runs = [len(list(run)) for kind, run in itertools.groupby(classes) if kind < 2]
    numbers = sum(1 for kind, _ in itertools.groupby(classes) if kind == 2)
    return changes >= 0.36 * (size - 1) or (numbers >= 3 and max(runs, default=0) <= 7)
