"""A worker: an agent that looks customers up and orders for them, and takes every answer for what it says."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governed.issuer import Issuer

from soaking.client import Connection, Said
from soaking.documents import LARGEST, SWITCH_EVERY
from soaking.ledger import GRACE, Ledger, Wrong
from soaking.people import CITIES, COUNT, DOMAIN, PEOPLE, letters

UNKNOWN = (
    "It is unknown whether the change was carried out: it may have been. Read the current state before trying again."
)
_LATER = r"(?:The change was not sent\. )?Trying again later may help\."
_API = rf"(?:The login '\w+' of 'session' failed\. )?{{}} (?P<then>{_LATER}|{re.escape(UNKNOWN)})"
SPECIFIED: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, disturbance, re.compile(pattern))
    for kind, disturbance, pattern in (
        ("limit", "", r"The limit of calls is reached\. Nothing was executed\. Try again in (?P<wait>\d+) s\."),
        ("off", "switch", r"Switched off by the operators: this caller\. Trying again does not help now\."),
        ("state", "redis", r"The shared state cannot be reached; try again later\."),
        ("state", "redis", r"the shared state cannot be reached, so nobody is let in; try again later"),
        ("state", "redis", r"The session cannot be shared: Redis at \S+ cannot be reached \(\w+\)\. Try again later\."),
        ("busy", "", r"The API answered 503 Service Unavailable: too much to do\. Try again in (?P<wait>\d+) s\."),
        ("away", "api", _API.format(r"The API cannot be reached at http://127\.0\.0\.1:\d+ \(connection refused\)\.")),
        ("broken", "", _API.format(r"The connection broke before the answer of the API was complete\.")),
        ("slow", "", _API.format(r"The API did not finish its answer within 2 s\.")),
        ("slow", "", _API.format(r"The API is too slow: it sent nothing in time\.")),
    )
)
"""What may be answered instead of a result: its kind, the disturbance that it needs ("" for none), its text."""


@dataclass(frozen=True)
class Caller:
    """Who calls. ``cut``: the kill switch will hit it."""

    sub: str
    tenant: str
    groups: tuple[str, ...]
    cut: bool = False


ADA, BOB = Caller("ada", "north", ("sales",)), Caller("bob", "north", ("sales", "support"))
CYD, DAN = Caller("cyd", "south", ("sales",)), Caller("dan", "south", ("readers",))
EVE, MAL = Caller("eve", "north", ("sales", "trial")), Caller("mal", "south", ("sales",), cut=True)
CREW = (ADA, BOB, CYD, DAN, ADA, BOB, CYD, MAL, ADA, BOB, CYD, DAN, ADA, EVE, CYD, MAL)
"""Sixteen workers."""


@dataclass(frozen=True)
class Answer:
    """``kind`` is ok, refused, or one of :data:`SPECIFIED`; ``unknown``: a write may have been executed."""

    kind: str
    said: Said
    unknown: bool = False
    wait: float = 0.2

    @property
    def again(self) -> bool:
        """Whether the same call may be sent again."""
        return self.kind not in ("ok", "refused") and not self.unknown


class Worker:
    """Works until the ledger says that it is done."""

    def __init__(self, number: int, port: int, issuer: Issuer, ledger: Ledger) -> None:
        self._caller = CREW[number % len(CREW)]
        self._number = number
        self._orders = 0
        self._issuer = issuer
        self._ledger = ledger
        self._connection = Connection(port)
        self._token, self._generation = "", 0
        self._random = random.Random(number)

    async def work(self) -> None:
        """Call after call.

        Raises:
            Wrong: an answer is not what it must be.
        """
        try:
            while not self._ledger.done:
                draw = self._random.random()
                if draw < 0.45:
                    await self._find()
                elif draw < 0.70:
                    await self._list()
                elif draw < 0.97:
                    await (self._order() if "sales" in self._caller.groups else self._find())
                else:
                    await self._forbidden()
        finally:
            self._connection.close()

    def renew(self) -> None:
        """Fetch a new access token before the next call."""
        self._token = ""

    # --------------------------------------------------------------------------------------------------------- actions

    async def _list(self) -> None:
        """The customers of one city, in one page or in three."""
        city = self._random.randrange(CITIES)
        size = self._random.choice((4, 10, 10))
        arguments: dict[str, Any] = {"city": f"City {letters(city)}", "limit": size}
        seen: list[int] = []
        while True:
            answer = await self._call("shop__list_customers", arguments)
            if answer.kind != "ok":
                await self._pause(answer)
                return
            rows = answer.said.rows()
            seen += [self._checked(row, answer.said) for row in rows]
            cursor = re.search(r'"next_cursor":"([^"]+)"', answer.said.text)
            if cursor is None:
                break
            arguments["cursor"] = cursor[1]
        if seen != [n for n in range(COUNT) if n % CITIES == city]:
            raise Wrong(f"city {city} has the customers {seen}")

    async def _find(self) -> None:
        """One customer by the token of an address."""
        known = self._ledger.tokens(self._caller.tenant)
        if not known:
            return await self._list()
        token, person = self._random.choice(known)
        answer = await self._call("shop__find_customers", {"email": token})
        if answer.kind != "ok":
            return await self._pause(answer)
        if [self._checked(row, answer.said) for row in answer.said.rows()] != [person]:
            raise Wrong(f"customer {person}, looked up by a token, is {answer.said.text}")
        if self._ledger.rotated.is_set() and token.startswith("tok_email_k1"):
            self._ledger.counts["old tokens resolved"] += 1
        return None

    async def _order(self) -> None:
        """One order: sent again, under the same ref, as long as it is said that it was not executed."""
        known = self._ledger.tokens(self._caller.tenant)
        if not known:
            return await self._list()
        token, person = self._random.choice(known)
        self._orders += 1
        ref = f"ref-{letters(self._number)}-{letters(self._orders)}"
        amount = self._random.randrange(1, LARGEST)
        arguments = {"ref": ref, "customer_id": person, "amount": amount, "contact": token}
        self._ledger.refs[ref] = "refused"
        while True:
            self._ledger.refs[ref] = "unknown"  # unless the answer says more
            answer = await self._call("shop__create_order", arguments)
            if answer.kind == "ok":
                self._ledger.refs[ref] = "ok"
                break
            if answer.unknown:
                break
            self._ledger.refs[ref] = "refused"
            if self._ledger.done:
                return None
            await self._pause(answer)
        if answer.unknown or self._random.random() < 0.05:
            return await self._look_up(ref, person, amount)
        for part in (f'"ref":"{ref}"', f'"customer_id":{person}', f'"amount":{amount}', '"state":"open"'):
            if part not in answer.said.text:
                raise Wrong(f"the order {ref} is {answer.said.text}")
        return None

    async def _look_up(self, ref: str, person: int, amount: int) -> None:
        """Read the current state of an order."""
        answer = await self._call("shop__find_orders", {"ref": ref})
        if answer.kind != "ok":
            return await self._pause(answer)
        rows = answer.said.rows()
        if len(rows) > 1 or (not rows and self._ledger.refs[ref] == "ok"):
            raise Wrong(f"the order {ref} ({self._ledger.refs[ref]}) is there {len(rows)} times")
        for row in rows:
            self._ledger.token(self._caller.tenant, row["contact"], person)
            if (row["ref"], row["customer_id"], row["amount"]) != (ref, person, amount):
                raise Wrong(f"the order {ref} is {row}")
        return None

    async def _forbidden(self) -> None:
        """Something that must be refused, in exactly these words."""
        others = self._ledger.tokens("south" if self._caller.tenant == "north" else "north")
        own = self._ledger.tokens(self._caller.tenant)
        if not others or not own:
            return
        foreign, (token, person) = self._random.choice(others)[0], self._random.choice(own)
        self._orders += 1
        ref = f"no-{letters(self._number)}-{letters(self._orders)}"
        order = {"ref": ref, "customer_id": person, "amount": 1, "contact": token}
        ordering = "sales" in self._caller.groups
        tool, arguments, text = self._random.choice(
            (
                ("shop__find_customers", {"email": foreign}, "The token in `email` cannot be read."),
                ("shop__find_orders", {"ref": token}, "`ref` cannot hold a token of the kind email"),
                ("shop__create_order", {**order, "amount": LARGEST + 1}, "Not permitted: shop__create_order")
                if ordering
                else ("shop__create_order", order, "There is no tool `shop__create_order`"),
            )
        )
        self._ledger.refs[ref] = "refused"
        answer = await self._call(tool, arguments, text)
        if answer.kind == "ok":
            raise Wrong(f"{tool} with {arguments} must be refused, and is {answer.said.text}")
        await self._pause(answer)

    # --------------------------------------------------------------------------------------------------------- answers

    def _checked(self, row: Mapping[str, Any], said: Said) -> int:
        """The customer that a row shows."""
        n = row["id"]
        person, token = PEOPLE[n], row["email"]
        self._ledger.token(self._caller.tenant, token, n)
        note = str(person["note"]).replace(str(person["email"]), token)
        if row["city"] != person["city"] or row["note"] != note or not row["full_name"].startswith("tok_name_k"):
            raise Wrong(f"customer {n} is {row} in {said.text[:2000]}")
        return int(n)

    async def _pause(self, answer: Answer) -> None:
        if answer.again:
            await asyncio.sleep(answer.wait)

    async def _call(self, tool: str, arguments: Mapping[str, Any], refusal: str = "") -> Answer:
        """One call, classified; with new access tokens as long as they are refused."""
        while True:
            if not self._token:
                caller = self._caller
                self._generation = self._issuer.generation
                self._token = self._issuer.token(caller.sub, *caller.groups, org=caller.tenant)
            began = time.monotonic()
            said = await self._connection.call(self._token, tool, arguments)
            if DOMAIN.encode() in said.raw:
                raise Wrong(f"an address in clear: {said.raw[:3000]!r}")
            if said.status == 401:
                await self._unauthorized(said, began)
                continue
            if self._generation < self._issuer.generation and began > self._ledger.noticed:
                raise Wrong(f"a token of the withdrawn key was accepted: {said.text[:300]}")
            answer = self._classified(said, began, tool, refusal)
            self._ledger.count(answer.kind)
            self._ledger.counts["unknown outcomes"] += answer.unknown
            return answer

    async def _unauthorized(self, said: Said, began: float) -> None:
        if not self._ledger.may("signing", began):
            raise Wrong(f"401 at no such time: {said.text}")
        self._ledger.counts["401"] += 1
        if self._generation == self._issuer.generation:
            await asyncio.sleep(0.5)  # the proxy does not know the new keys yet
        else:
            self.renew()

    def _classified(self, said: Said, began: float, tool: str, refusal: str) -> Answer:
        start, end = self._ledger.cut
        ended = time.monotonic()
        if not said.failed:
            late = start + SWITCH_EVERY + GRACE
            if self._caller.cut and began > late and ended < end:
                raise Wrong(f"{tool} of a caller who is switched off: {said.text[:300]}")
            return Answer("ok", said)
        if refusal and said.text.startswith(refusal):
            return Answer("refused", said)
        for kind, disturbance, pattern in SPECIFIED:
            found = pattern.fullmatch(said.text)
            if found is None:
                continue
            if disturbance and not self._ledger.may(disturbance, began):
                raise Wrong(f"{tool}: at no such time: {said.text}")
            if kind == "off" and not self._caller.cut:
                raise Wrong(f"{tool}: not this caller: {said.text}")
            if kind == "limit" and "trial" not in self._caller.groups:
                raise Wrong(f"{tool}: not this caller: {said.text}")
            groups = found.groupdict()
            unknown = groups.get("then") == UNKNOWN
            if unknown and tool != "shop__create_order":
                raise Wrong(f"{tool}: a read whose outcome is unknown: {said.text}")
            return Answer(kind, said, unknown, float(groups.get("wait") or 0.2))
        raise Wrong(f"{tool}: unspecified: {said.raw.decode(errors='replace')}")
