"""What the labelled documents say about paging and logins, as rows to draw from."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LABELS = Path(__file__).parents[2] / "tests" / "labels"

PLACE = re.compile(r"\$(\.[A-Za-z_][\w-]*){0,3}|\$\['[@\w.-]+'\]")
"""The places in an answer that the mock can fill: up to three members deep."""

USERS = ("username", "email", "login", "name", "user", "userName", "nickname", "account", "loginId", "Username")
PASSWORDS = ("password", "pass", "Pw")
CUSTOMARY = 3
"""Documents that must use a combination of names before one may guess it without a declaration."""


@dataclass(frozen=True)
class PagingRow:
    """One labelled list: ``style`` and names as in the hints, ``items`` and ``next`` where they lie in the answer."""

    style: str
    position: str
    size: str
    first: int
    items: str
    next: str

    @property
    def names(self) -> tuple[str, str]:
        """The parameters of position and size."""
        return self.position, self.size


@dataclass(frozen=True)
class LoginRow:
    """One labelled login: ``token`` as in the labels, ``sent`` is how it goes back."""

    path: str
    user: str
    password: str
    token: str
    sent: str


def _rows(name: str) -> list[dict[str, Any]]:
    found = []
    for file in (f"{name}.jsonl", f"{name}_directory.jsonl", f"{name}_unseen.jsonl"):
        found += [json.loads(line) for line in (LABELS / file).read_text(encoding="utf-8").splitlines()]
    return found


@functools.cache
def paging_rows() -> tuple[PagingRow, ...]:
    """The paged lists with query parameters whose answer the mock can give."""
    found = []
    for row in _rows("paging"):
        if not row["paged"] or row["place"] != "query" or not isinstance(row["items"], str):
            continue
        names = row["parameters"]
        position = names.get("offset") or names.get("page") or names.get("cursor") or ""
        size = names.get("limit") or names.get("size") or ""
        after = row["next"] if isinstance(row["next"], str) else ""
        last = re.fullmatch(re.escape(row["items"]) + r"\[-1\]\.\w+", after)
        if not PLACE.fullmatch(row["items"]) or (after.startswith("$") and not PLACE.fullmatch(after) and not last):
            continue
        if after.startswith(row["items"] + ".") or "prev" in after:
            continue
        if row["items"] == "$" and after.startswith("$") and not last:
            continue
        found.append(
            PagingRow(row["style"], position, size, int(names.get("first", 1)), row["items"], "last" if last else after)
        )
    return tuple(found)


@functools.cache
def unpaged_items() -> tuple[str, ...]:
    """Where lists lie that are not paged."""
    rows = _rows("paging")
    return tuple(one["items"] for one in rows if not one["paged"] and PLACE.fullmatch(str(one["items"])))


@functools.cache
def customary(style: str) -> frozenset[tuple[str, str]]:
    """The pairs of names that several documents use for a style."""
    counts = Counter(row.names for row in paging_rows() if row.style == style and row.position)
    return frozenset(names for names, count in counts.items() if count >= CUSTOMARY)


@functools.cache
def login_rows() -> tuple[LoginRow, ...]:
    """The logins with a user and a password, by POST, whose answer and use the mock can give."""
    found = []
    for row in _rows("login"):
        if not row["chain"] or not row["login"][0].startswith("POST ") or "{" in row["login"][0]:
            continue
        users = [one for one in row["credentials"] if one in USERS]
        passwords = [one for one in row["credentials"] if one in PASSWORDS]
        token = row["token"][0] if isinstance(row["token"], list) else row["token"]
        sent = row["sent_as"][0] if isinstance(row["sent_as"], list) else row["sent_as"]
        if len(users) != 1 or len(passwords) != 1 or len(row["credentials"]) != 2:
            continue
        sent = "header Authorization: Bearer {token}" if sent in (None, "unknown", "header Authorization") else sent
        token = token or ("$.token" if sent.startswith("header") else "cookie")
        if sent == "header X-Emby-Authorization" or (token.startswith("$") and not PLACE.fullmatch(token)):
            continue
        cookie = f"cookie:{(token if token.startswith('cookie:') else sent)[7:] or 'sid'}"
        token, sent = (cookie, cookie) if token.startswith("cookie") else (token, sent)
        found.append(LoginRow(row["login"][0][5:], users[0], passwords[0], token, sent))
    return tuple(found)
