"""Login chains against the labels: whether the document's own login is found, and what it gives.

A planned chain counts where its first call is an operation of the document; token endpoints elsewhere are none. It is
right when that operation is the labelled login and the credential is taken from the labelled place in its answer; where
the document says nothing of its answer (``untyped``, ``undocumented``), when it is the labelled login.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from inferring.drafted import labels, verdicts

from adaptgen.model.tables import Auth, Login
from adaptgen.plan.auth.plan import find_auth
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.source import EMPTY, Document
from adaptgen.syntax.token_names import FIND_TOKEN, token_rank

BARS = {"precision": 95.0, "recall": 85.0}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One label and the chain that was planned ("" for none); ``wrong``: what does not agree, "" where all does.
    ``sent``: whether the credential is sent as labelled. ``alternative``: the chain is for an API that refuses what its
    document declares."""

    label: Mapping[str, Any]
    planned: str
    wrong: str
    sent: bool
    alternative: bool = False


def measure(half: str | None) -> list[tuple[str, str]]:
    """The figures of one half ("held", "develop") or of both (None)."""
    found = verdicts("login", half)
    figures = shares(found)
    right = [one for one in found if one.planned and not one.wrong and not one.alternative]
    told = [one for one in right if one.label["sent_as"] != "unknown"]
    return [
        ("documents", f"{len(found)}"),
        *((name, f"{_share(*figures[name])} (bar {bar:g} %)") for name, bar in BARS.items()),
        ("found, answers that are not documented counted", _share(*figures["found"])),
        ("found, alternatives to another scheme counted", _share(*figures["found with alternatives"])),
        ("precision, alternatives counted", _share(*figures["precision with alternatives"])),
        ("sent as the document says", _share(sum(one.sent for one in told), len(told))),
    ]


def missed(half: str | None) -> list[str]:
    """The bars that do not hold."""
    figures = shares(verdicts("login", half))
    return [f"{name} {_share(*figures[name])}" for name, bar in BARS.items() if not _holds(*figures[name], bar)]


def shares(found: list[Verdict]) -> dict[str, tuple[int, int]]:
    """The figures as parts of wholes, the higher the better."""
    every = [one for one in found if one.planned]
    any_right = sum(not one.wrong for one in every)
    planned = [one for one in every if not one.alternative]
    right = sum(not one.wrong for one in planned)
    typed = sum(not one.wrong and one.label["chain"] for one in planned)
    chains = sum(one.label["chain"] for one in found)
    undocumented = sum(bool(one.label.get("undocumented")) for one in found)
    return {
        "precision": (right, len(planned)),
        "recall": (typed, chains),
        "found": (right, chains + undocumented),
        "found with alternatives": (any_right, chains + undocumented),
        "precision with alternatives": (any_right, len(every)),
    }


def _holds(part: int, whole: int, bar: float) -> bool:
    return whole > 0 and 100 * part / whole >= bar


def misses(half: str | None) -> list[str]:
    """One line for each that is planned wrongly or not at all, wrong plans first."""
    found = [one for one in verdicts("login", half) if one.wrong or (one.planned and not one.sent)]
    found.sort(key=lambda one: (not one.wrong, not one.planned))
    return [
        f"{one.label['document']}: {one.planned or 'no chain'}, "
        f"{one.wrong or 'should be sent as ' + str(one.label['sent_as'])}: {one.label['reason']}"
        for one in found
    ]


def labels_of(half: str | None) -> list[dict[str, Any]]:
    return labels("login", half)


def judged(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[Verdict]:
    """The verdict on each label of ``document``."""
    every = operations(document)[0]
    plan = find_auth(document, every, EMPTY, "server")
    chains = [(auth, key) for auth in plan.auths if auth.chain and (key := _own(auth.chain[0], every))]
    instead = [(auth, key) for auth in plan.instead if (key := _own(auth.chain[0], every))]
    for label in given:
        each = [_verdict(label, auth, key) for auth, key in chains]
        if not each:
            each = [replace(_verdict(label, auth, key), alternative=True) for auth, key in instead]
        if not each:
            wrong = f"should be {' and '.join(label['login'])}" if label["chain"] else ""
            each = [Verdict(label, "", wrong, True)]
        yield min(each, key=lambda one: bool(one.wrong))


def _own(login: Login, every: Sequence[Operation]) -> str:
    """The operation of the document that a login calls; "" for an endpoint elsewhere."""
    path = urlsplit(login.call.path).path
    same = [one for one in every if one.method == login.call.method]
    for one in same:
        if one.path == login.call.path or ("//" in login.call.path and path.endswith(one.path) and one.path != "/"):
            return f"{one.method} {one.path}"
    return ""


def _verdict(label: Mapping[str, Any], auth: Auth, key: str) -> Verdict:
    saved = {name: path for one in auth.chain for name, path in one.save.items() if name not in ("refresh", "csrf")}
    gives = " and ".join(saved.values()) or "cookie:"
    planned = f"{key} gives {gives}"
    searched = not saved or FIND_TOKEN in saved.values()
    if label.get("undocumented") and searched:  # the reason names the operation, as far as there is one
        named = re.findall(r"\b(?:GET|POST|PUT) /[^\s,;]*", label["reason"])
        return Verdict(label, planned, "" if not named or key in named else "another login", True)
    if key not in label["login"]:
        return Verdict(label, planned, "is no login chain" if not label["chain"] else "another login", True)
    if label.get("untyped") or (searched and saved and all(map(_findable, _listed(label["token"])))):
        return Verdict(label, planned, "", True)
    tokens = [_path(token) for token in _listed(label["token"])]
    if len(label["login"]) == len(tokens):
        tokens = [tokens[label["login"].index(key)]]
    if set(map(_path, saved.values())) != set(tokens) and not (not saved and tokens[0].startswith("cookie")):
        return Verdict(label, planned, f"the credential is at {label['token']}", True)
    wanted = _listed(label["sent_as"])
    sent = "unknown" in wanted or any(_sends(auth, one) for one in wanted)
    return Verdict(label, planned, "", sent)


def _findable(token: str) -> bool:
    """Whether the runtime finds a token where the label has it."""
    return (
        token == "$"
        or token.startswith(("header:", "cookie"))
        or token_rank(re.split(r"[.\]\[\"']+", token.strip("]\"'"))[-1]) is not None
    )


def _sends(auth: Auth, wanted: str) -> bool:
    """Whether one of the auth's sends is ``header Authorization: Bearer {token}`` or ``query token``."""
    where, _, template = wanted.partition(": ")
    place, _, name = where.partition(" ")
    if place.startswith("cookie") and (any(login.cookies for login in auth.chain) or FIND_TOKEN in str(auth.chain)):
        return True
    for send in auth.send:
        if send.place == place and send.name.lower() == name.lower():
            said = re.sub(r"\{[^}]*\}", "{token}", send.as_)
            if not template or said.lower() == template.lower():
                return True
    return False


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _path(path: str) -> str:
    return path.lower() if path.startswith("header:") else re.sub(r"\[[\"']([^\"']+)[\"']\]", r".\1", path)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})" if whole else "-"
