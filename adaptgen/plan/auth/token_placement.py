"""Where the token of a login goes: a declared security scheme, an ordinary parameter, or nobody says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from adaptgen.model.evidence import RULES_OUT, Row, Table
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Send, value
from adaptgen.plan.auth.candidates import LOGIN_WORDS, Candidate, Candidates, logs_in, token_urls
from adaptgen.plan.auth.field_roles import answer_leaves, jsonpath
from adaptgen.plan.auth.prose import ParameterValue, word_before
from adaptgen.plan.auth.security_schemes import (
    PLACES,
    UNSERVED,
    SendPlace,
    before,
    identifier,
    is_basic,
    place_of,
    scheme_word,
)
from adaptgen.plan.document.reader import Operation, Parameter
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import escape
from adaptgen.syntax.token_names import takes_token


@value()
class TokenPlacement:
    """``serves``: the scheme that the token satisfies, ``also``: others; ``parameter``: place and name of the one that
    takes it. Without ``sends`` the session is kept by its cookies. ``save``: what the sends name, where it is not the
    token alone. ``encoded``: the token is sent in base64; ``told``: the document says where it goes, or a user logs in
    with a password; without either the login is not used."""

    sends: tuple[Send, ...]
    because: str
    serves: str | None = None
    parameter: tuple[str, str] | None = None
    also: tuple[str, ...] = ()
    save: Mapping[str, str] = field(default_factory=dict)
    encoded: bool = False
    told: bool = True


def find_use(candidates: Candidates, one: Candidate) -> TokenPlacement | None:
    """Where the token of login ``one`` goes; None where the document's schemes take something else."""
    return _Finder(candidates).use(one)


def use_instead(one: Candidate) -> TokenPlacement | None:
    """Where the token of login ``one`` goes if the API refuses the schemes that its document declares; None where the
    login only checks what it is given."""
    return _untold(one)


class _Scheme:
    """A declared security scheme next to a login. ``place`` and ``key``: of an API key."""

    def __init__(self, name: str, scheme: Mapping[str, Any], login: Candidate) -> None:
        self.name, self.scheme, self.login = name, scheme, login
        self.kind = str(scheme.get("type")).lower()
        placed = place_of(scheme) if self.kind == "apikey" else None
        self.place: str = placed[0] if placed else ""
        self.key: str = placed[1] if placed else ""
        self.spoken = tuple(word for word in words(self.key) if word not in {"x", "http"})
        self.token = set(login.token.said if login.token else words(login.header or ""))

    @property
    def takes_cookie(self) -> bool:
        return self.place == "cookie" and (self.login.token is not None or self.login.untyped)

    @property
    def is_of_login(self) -> bool:
        """Whether the login is the scheme's token URL."""
        return bool(self.login.candidates.flows_at(self.login.operation))

    @property
    def comes_from_elsewhere(self) -> bool:
        """Whether its tokens come neither from the login nor from a path of the API that has no operation."""
        urls = token_urls(self.scheme).values()
        paths = {each.path for each in self.login.candidates.operations}
        known = [url for url in urls if "://" in url or any(path.endswith(f"/{url.strip('./')}") for path in paths)]
        return not self.is_of_login and bool(known or not urls)

    @property
    def is_authorization(self) -> bool:
        spoken = self.spoken
        return spoken in {("authorization",), ("auth",), ("authentication",)} or spoken[-1:] == ("authorization",)

    def speaks_of(self, *names: str) -> bool:
        return not self.takes_cookie and bool({*names} & set(self.spoken))


_TOKENS = ("token", "session", "jwt", "bearer", "ticket", "sid")

TOKEN_SCHEME: Table[_Scheme] = Table(
    "does a declared scheme take the token of a login?",
    Row(
        RULES_OUT,
        "it takes something else",
        lambda s: s.kind == "http" and (is_basic(s.scheme) or str(s.scheme.get("scheme", "")).lower() in UNSERVED),
    ),
    Row(
        RULES_OUT,
        "its tokens come from somewhere else, and what the login answers is not declared",
        lambda s: s.login.untyped and s.kind in {"oauth2", "openidconnect"} and s.comes_from_elsewhere,
    ),
    Row(10, "the login answers the same header", lambda s: s.place and (s.login.header or "").lower() == s.key.lower()),
    Row(
        9,
        "the login is its token URL",
        lambda s: s.kind == "oauth2" and s.is_of_login,
    ),
    Row(9, "it is called like the token", lambda s: s.speaks_of(*_TOKENS) and set(s.spoken) & s.token),
    Row(8, "it takes a bearer token", lambda s: s.kind == "http"),
    Row(7, "it is a cookie", lambda s: s.takes_cookie),
    Row(7, "it is called a token", lambda s: s.speaks_of(*_TOKENS)),
    Row(7, "both are called keys", lambda s: s.speaks_of("key", "api") and "key" in s.token and not s.is_authorization),
    Row(6, "it is the header for authorization", lambda s: s.place and s.is_authorization and not s.takes_cookie),
    Row(5, "it takes an OAuth 2.0 token", lambda s: s.kind == "oauth2"),
    Row(4, "it takes an OpenID Connect token", lambda s: s.kind == "openidconnect"),
    Row(
        3,
        "its name mentions a token",
        lambda s: s.place and not s.speaks_of("key", "api") and set(_TOKENS[:4]) & set(words(s.name)),
    ),
)


class _Finder:
    def __init__(self, candidates: Candidates) -> None:
        self.document = candidates.document
        self.operations, self.schemes = candidates.operations, candidates.schemes

    def use(self, one: Candidate) -> TokenPlacement | None:
        rest = [each for each in self.operations if each.pointer != one.operation.pointer]
        if one.promised:
            return _placed_by_description(one.promised)
        if one.cookie:
            names = [name for name in self.schemes if one.candidates.is_cookie(name)]
            return TokenPlacement((), "its cookies are kept", names[0] if names else None, None, tuple(names[1:]))
        if parameter := self.parameter(rest, one, mentioned=True):
            return parameter
        declared = self.declared(rest, one)
        if declared is not None:
            return declared
        if parameter := self.parameter(rest, one):
            return parameter
        if any(set(option) & set(self.schemes) for each in rest for option in each.security or ()):
            return None
        said = set(one.token.said if one.token else ())
        if any(len(said & set(words(name))) > 1 for each in rest for name in map(_name, each.parameters)):
            return None  # a few operations take it, and what the others want is something else
        if not any(not _beside(one.operation, each) for each in rest):
            return None
        if not self.schemes or all(map(is_basic, self.schemes.values())) or (one.token and one.proves_person):
            return _untold(one)
        return None

    def declared(self, rest: Sequence[Operation], one: Candidate) -> TokenPlacement | None:
        used: Counter[str] = Counter()
        for operation in rest:
            used.update(list(dict.fromkeys(name for option in operation.security or () for name in option)))
        if not used:
            used.update(dict.fromkeys(self.schemes, 1))
        order = list(used)  # as the document lists them
        ranked = sorted(
            (name for name in used if name in self.schemes),
            key=lambda name: (-self.fits(name, one), -used[name], order.index(name)),
        )
        fitting = [name for name in ranked if self.fits(name, one) > 0]
        if not fitting:
            return None
        best = fitting[0]
        # A scheme of three operations out of hundreds does not make the login worth deriving.
        if used[best] * 10 < len([each for each in rest if each.security]):
            return None
        encoded = bool(_ENCODED.search(str(self.schemes[best].get("description", ""))))
        sends, save, also = [self.send(best, one)], {}, fitting[1:]
        for name, place, key, path in self.companions(best, rest, one):
            kept = "_".join(word for word in words(key) if word != "x")
            sends.append(Send(place, key, f"{{{kept}}}"))
            save[kept] = path
            also.append(name)
        because = f"the scheme {best!r} takes it" + (f", with {' and '.join(save)}" if save else "")
        return TokenPlacement(tuple(sends), because, best, None, tuple(dict.fromkeys(also)), save, encoded)

    def companions(
        self, best: str, rest: Sequence[Operation], one: Candidate
    ) -> Iterator[tuple[str, SendPlace, str, str]]:
        """Schemes that every use of ``best`` wants as well, and whose value the login's answer has under the same
        name: (scheme, place, key, JSONPath)."""
        uses = [set(option) for each in rest for option in each.security or () if best in option]
        together = set.intersection(*uses) - {best} if uses else set()
        leaves = {_plain(leaf.name): leaf.path for leaf in reversed(answer_leaves(self.document, one.operation))}
        for name in sorted(together & set(self.schemes)):
            placed = place_of(self.schemes[name])
            if placed is None or one.token is None:
                continue
            path = leaves.get(_plain(placed[1]))
            if path is not None and jsonpath(path) != one.token.path:
                yield name, *placed, jsonpath(path)

    def fits(self, name: str, one: Candidate) -> int:
        """How well a token fits a declared scheme, 0 for not at all. URLs are logged: the last place for a token."""
        scheme = _Scheme(name, self.schemes[name], one)
        row = TOKEN_SCHEME.strongest(scheme)
        if row is None or row.weight == RULES_OUT:
            return 0
        return max(row.weight - 4, 1) if scheme.place == "query" else row.weight

    def send(self, name: str, one: Candidate) -> Send:
        scheme = self.schemes[name]
        kind = str(scheme.get("type")).lower()
        if kind == "http":
            word = str(scheme.get("scheme", "bearer")).lower()
            shown = "Bearer" if word in {"bearer", ""} else word.capitalize()
            return Send("header", "Authorization", f"{escape(shown)} {{access}}")
        placed = place_of(scheme) if kind == "apikey" else None
        if placed is None:
            return Send("header", "Authorization", "Bearer {access}")
        place, key = placed
        if place == "header" and key.lower() == "authorization":
            word = scheme_word(name, scheme)
            return Send("header", key, f"{'Bearer ' if word == 'Basic' else before(word)}{{access}}")
        return Send(place, key, "{access}")

    def parameter(self, rest: Sequence[Operation], one: Candidate, *, mentioned: bool = False) -> TokenPlacement | None:
        """The parameter of a token that enough operations take; ``mentioned``: that the login's description names."""
        text = f"{one.operation.summary}\n{one.operation.description}" if mentioned else ""
        counts: Counter[tuple[SendPlace, str]] = Counter()
        shown: dict[tuple[SendPlace, str], Mapping[str, Any]] = {}
        for operation in rest:
            for each in operation.parameters:
                if (home := PLACES.get(each.place)) and takes_token(each.name):
                    counts[(home, each.name)] += 1
                    raw = each.raw if each.raw is not None else {}
                    shown.setdefault((home, each.name), {**raw, "description": _text_of(each.description, raw)})
        enough = [key for key, count in counts.items() if count >= 2 and count * 3 >= len(rest)]
        if mentioned:
            enough = [(place, key) for place, key in enough if "-" in key and key in text]
        if not enough:
            return None
        token = set(one.token.said if one.token else ())
        best = max(enough, key=lambda key: (bool(set(words(key[1])) & token), counts[key], key))
        if any(len(set(words(key[1])) & token) > max(len(set(words(best[1])) & token), 1) for key in counts):
            return None  # the token of a user goes into X-User-Token, which few operations take
        place, name = best
        template = "{access}"
        if name.lower() == "authorization":
            template = f"{before(scheme_word(name, shown[best]))}{{access}}"
        else:
            template = f"{word_before(str(shown[best].get('description')))}{{access}}"
        send = Send(place, name, template)
        return TokenPlacement((send,), f"{counts[best]} operations take it as {place} parameter {name!r}", None, best)


_CHECKS = vocabulary("check checks validate validates verify verifies test tests")
_ENCODED = re.compile(r"[<{\[]\s*base64|\bbase64[- ]encoded (access )?token", re.IGNORECASE)


# "added to X-Auth-Token in header of all future requests", "in the `X-Session` header", "header X-Token".
_HEADER = lazy(
    r"\bheaders?:?\s+[`\"'*]*([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+)"
    r"|(?<![A-Za-z0-9-])([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+)[`\"'*]*"
    r"\s+(?:in (?:the )?)?(?:http |request )*headers?\b"
)


def _is_sure(one: Candidate) -> bool:
    """Whether it is a person who logs in there, so that the answer is good for what follows."""
    person = "password" in one.roles and ("user" in one.roles or logs_in(one.about))
    return person and "{" not in one.operation.path


def _untold(one: Candidate) -> TokenPlacement | None:
    """Where a token goes that nothing declared takes: into the header that the login's description names, else as a
    bearer token (RFC 6750). None where the login only checks what it is given."""
    answer = one.operation.success()
    text = f"{one.operation.summary}\n{one.operation.description}\n{answer.description if answer else ''}"
    for found in _HEADER.finditer(text):
        name = found[1] or found[2]
        if takes_token(name):
            because = f"its description puts it into the header {name!r}"
            return TokenPlacement((Send("header", name, "{access}"),), because, told=_is_sure(one))
    if set(words(one.operation.summary)[:1]) & _CHECKS:
        return None
    word = scheme_word("", {"description": text})
    template = f"{'Bearer ' if word == 'Basic' else before(word)}{{access}}"
    because = "nothing says where the token goes: Authorization: Bearer (RFC 6750)"
    if word not in {"Bearer", "Basic"}:
        because = f"its description shows Authorization: {word}"
    return TokenPlacement((Send("header", "Authorization", template),), because, told=_is_sure(one))


def _name(parameter: Parameter) -> str:
    """The name of a parameter that takes a token; empty for any other."""
    known = parameter.place in {"header", "query", "cookie"} and takes_token(parameter.name)
    return parameter.name if known else ""


def _beside(login: Operation, other: Operation) -> bool:
    """Whether an operation is only about logging in itself: below its path, or next to it in a folder for it."""
    folder = login.path.rpartition("/")[0]
    below = other.path == login.path or other.path.startswith(f"{login.path.rstrip('/')}/")
    return below or (bool(set(words(folder)) & LOGIN_WORDS) and other.path.startswith(f"{folder}/"))


def _placed_by_description(promised: Sequence[ParameterValue]) -> TokenPlacement:
    """Every parameter gets its own field of the answer; a single one is the access token."""
    names = ["access"] if len(promised) == 1 else [identifier(each.name) for each in promised]
    sends = tuple(
        Send(each.place, each.name, f"{each.before}{{{name}}}") for each, name in zip(promised, names, strict=True)
    )
    save = {name: each.path for each, name in zip(promised, names, strict=True)}
    what = " and ".join(f"{each.place} parameter {each.name!r}" for each in promised)
    return TokenPlacement(sends, f"most operations take {what}", None, (promised[0].place, promised[0].name), (), save)


def _plain(name: str) -> str:
    return "".join(word for word in words(name) if word != "x")


def _text_of(description: str, raw: Mapping[str, Any]) -> str:
    schema = raw.get("schema")
    more = [raw.get("example"), schema.get("default") if isinstance(schema, Mapping) else None]
    more += [schema.get("example"), schema.get("description")] if isinstance(schema, Mapping) else []
    shown = [f"Authorization: {one}" for one in more if isinstance(one, str)]
    return " ".join([description, *shown])
