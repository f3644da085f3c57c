"""What a session that ended looks like: a broken token on a read that is known to succeed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from adaptgen.learning.live import LiveProbe
from adaptgen.learning.login.witness import Witness, describe, find_its_sign, judge
from adaptgen.learning.model import Confidence
from adaptgen.learning.records import is_name
from adaptgen.model.tables import Json, Refused
from adaptgen.runtime.auth.authenticator import find_refusal
from adaptgen.runtime.http.logged_out import Sign

Row: TypeAlias = tuple[str, str, dict[str, Json], str, Confidence]


@dataclass(slots=True)
class Refusals:
    """``rules``: answers that mean "not logged in, not executed"; ``rows``: question, request, what was seen, the
    conclusion and its confidence."""

    rules: list[Refused] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


async def find_refusals(probe: LiveProbe, witness: Witness) -> Refusals:
    """Read the witness with a broken token, and again with the right one: a rule must not fit a success."""
    found = Refusals()
    operation = witness.operation
    request = f"{operation.key} with a broken token"
    if any(send.basic for name in probe.names_of(operation) for send in probe.session_of(name).auth.send):
        # A wrong password is a login attempt, and says no more than a missing one.
        broken = witness.came
        request = f"{operation.key} without credentials"
    else:
        broken = await probe.send(operation, credentials="broken")
    verdict = judge(broken, witness.tool)
    seen: dict[str, Json] = {"answer": describe(broken)}
    if verdict == "open":
        text = "a broken token is accepted as a valid one: what this read needs is not the token"
        found.rows.append(("login.refused", request, seen, text, "unknown"))
        return found
    sign = find_its_sign(broken, witness.tool)
    if verdict != "denied" or sign is None:
        text = "the answer does not say that the session has ended"
        found.rows.append(("login.refused", request, seen, text, "unknown"))
        return found
    rule = _rule(sign)
    if rule is None:
        text = f"a broken token is answered with {sign.status} alone, as something forbidden may be: no rule"
        found.rows.append(("login.refused", request, seen, text, "unknown"))
        return found
    right = await probe.send(operation)
    if right.response is not None and find_refusal([rule], right.response) is not None:
        found.rows.append(("login.refused", request, seen, "a success looks the same: no rule", "unknown"))
        return found
    seen |= {"path": sign.path, "pattern": sign.pattern} if rule.body else {}
    said = f" and {sign.pattern!r} in {sign.path}" if rule.body else ""
    text = f"a broken token is answered with {sign.status}{said}"
    found.rows.append(("login.refused", request, seen, text, "likely"))
    found.rules.append(rule)
    return found


def _rule(sign: Sign) -> Refused | None:
    """The rule that a sign stands for. 401 needs no body (RFC 9110, 15.5.2); 403 and a success without one would also
    fit what is only forbidden, or succeeded."""
    if sign.status in (401, 419, 440, 498) or 300 <= sign.status < 400:
        return Refused(sign.status)
    if not sign.path or not sign.pattern or not sign.sure:
        return None
    names = sign.path.replace("[", ".").split(".")
    if not all(map(is_name, names)):
        return None
    # A write may have been executed although its answer has such words: only reads are repeated after a success.
    return Refused(sign.status, {sign.path: sign.pattern}, replay=not 200 <= sign.status < 300)
