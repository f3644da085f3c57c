"""Log in, and find out what a caller needs to know of it.

A read that is refused without credentials is the witness. Each way in is tried with it, the declared first; the first
that succeeds is kept, and the session serves everything that is asked afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, Final

from adaptgen.building.result import BuildResult
from adaptgen.learning.live import LiveProbe
from adaptgen.learning.login.refusals import Refusals, find_refusals
from adaptgen.learning.login.tokens import find_lifetime, find_place, find_tokens, is_there, leave_saves
from adaptgen.learning.login.trials import (
    Placement,
    Trial,
    declared_places,
    environment_trials,
    find_placements,
    find_trials,
    list_questions,
    missing_of,
)
from adaptgen.learning.login.witness import WITHOUT, Witness, describe, find_witnesses, judge
from adaptgen.learning.login.written import as_hint, builds_again
from adaptgen.learning.model import Confidence, Disagreement, Experiment, Line, Notebook
from adaptgen.learning.probe import Probe
from adaptgen.learning.records import is_name, resembles_data
from adaptgen.learning.replay import DryProbe
from adaptgen.learning.replies import Came
from adaptgen.model.tables import Auth, Json, Login, Refused
from adaptgen.runtime.auth.credentials_in_requests import add_credentials
from adaptgen.runtime.auth.login_call import placeholders_of
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.aws.credentials import Missing
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.request import Request
from adaptgen.runtime.http.response import Response
from adaptgen.syntax.templates import placeholders
from adaptgen.syntax.token_names import FIND_TOKEN, is_csrf

_PLACES: Final = 36
"""Places of one token that are tried."""
_FEW: Final = 10
_LIKELY: Final = 3
"""Places that are tried with every read that needs a login."""
WORKS: Final = "login.works"
_UNNAMED: Final = "credentials"
"""What planning calls the credentials of the environment, where the document says nothing about them."""


async def learn_login(result: BuildResult, probe: Probe, notebook: Notebook) -> None:
    """Find the way in, and write what it is."""
    if isinstance(probe, LiveProbe):
        await _Login(result, probe, notebook).learn()
    elif isinstance(probe, DryProbe):
        probe.asked += list_questions(result)


@dataclass(slots=True)
class _Way:
    """A way that is tried: its sessions, and the answers of its logins, in memory. ``tokens``: what
    these may hand out, each to be tried."""

    trial: Trial
    sessions: dict[str, Session] = field(default_factory=dict)
    logins: list[tuple[Login, Response]] = field(default_factory=list)
    tokens: list[dict[str, Json]] = field(default_factory=list)


class _Login:
    def __init__(self, result: BuildResult, probe: LiveProbe, notebook: Notebook) -> None:
        self.result, self.probe, self.notebook = result, probe, notebook
        self.missing: set[str] = set()

    async def learn(self) -> None:
        witnesses = await find_witnesses(self.result, self.probe, self.notebook)
        if not witnesses:
            self.read_openly()
            return
        known = self.notebook.find("login", WORKS)
        if known is not None:
            witnesses.sort(key=lambda one: one.operation.key != known.seen.get("witness"))
        trials = self.trials(witnesses[0], known)
        for group in ([one for one in trials if one.declared], [one for one in trials if not one.declared]):
            if await self.learn_one_of(group, witnesses, known):
                return
        self.give_up(witnesses[0])

    async def learn_one_of(
        self, trials: Sequence[Trial], witnesses: Sequence[Witness], known: Experiment | None
    ) -> bool:
        """Use the first of the ways that works. A key goes where each way declares it before it goes anywhere else:
        several schemes often have the same key, and only one of them works."""
        later: list[_Way] = []
        for trial in trials:
            if lacking := missing_of(trial, self.probe.variables):
                self.missing.update(lacking)
                continue
            if (way := await self.log_in(trial)) is None:
                continue
            declared = None if trial.logs_in else True
            if (found := await self.place(way, witnesses, known, declared)) is not None:
                await self.describe(way, *found)
                return True
            if declared:
                later.append(way)
        for way in later:
            if (found := await self.place(way, witnesses, known, False)) is not None:
                await self.describe(way, *found)
                return True
        return False

    def read_openly(self) -> None:
        """No read that was tried needs credentials: everything is read as far as it goes."""
        rows = [one for one in self.notebook.experiments if one.question == WITHOUT]
        answered = any(one.confidence == "certain" for one in rows)
        sentence = "no read is refused without them" if answered else "no read without inputs was answered"
        seen: dict[str, Json] = {"reads": len(rows)}
        confidence: Confidence = "likely" if answered else "unknown"
        self.row("login", "login.witness", "reads without credentials", seen, sentence, confidence)
        if any(missing_of(Trial((one,), True), self.probe.variables) for one in self.result.plan.server.auth):
            self.probe.use({})

    def trials(self, witness: Witness, known: Experiment | None) -> Sequence[Trial]:
        """The ways to try; after an earlier run only the one that worked."""
        found = find_trials(self.result, witness.tool)
        if not self.result.hints.auth:
            found += environment_trials(self.result.plan.server.name, self.probe.variables)
        named = [one for one in found if known is not None and one.name == known.seen.get("way")]
        return named or found

    # --------------------------------------------------------------------------------------------------- one way in

    async def log_in(self, trial: Trial) -> _Way | None:
        """The sessions of a way, logged in; None where the API refuses its login."""
        way = _Way(trial)
        for auth in trial.auths:
            tried, saves = leave_saves(replace(auth, optional=auth.optional and not auth.chain))
            session = way.sessions[auth.name] = self.probe.try_session(tried, partial(_note, way))
            try:
                await session.ready()
            except Missing:
                return None
            except ToolError as problem:
                self.failed(trial, auth, problem)
                return None
            if way.logins:
                self.probe.logins.succeeded()
                hand_out(way, session, saves)
        return way

    def failed(self, trial: Trial, auth: Auth, problem: ToolError) -> None:
        """The row of a login that was refused, or could not be sent."""
        calls = ", ".join(f"{one.call.method} {one.call.path}" for one in auth.chain) or "a renewal"
        status = problem.status
        because = f"it was answered with {status}" if status else "it was not sent, or not answered"
        if problem.connection is not None:
            because = "no account is connected: adaptgen connect DIR, with the generated server"
        if not self.probe.logins.remaining:
            because = f"{because}; no login attempt is left within this hour"
        seen: dict[str, Json] = {"status": status or 0}
        self.row(f"auth {trial.name}", "login.chain", calls, seen, f"the login did not succeed: {because}", "unknown")

    async def place(
        self, way: _Way, witnesses: Sequence[Witness], known: Experiment | None, declared: bool | None
    ) -> tuple[Placement, Witness] | None:
        """Where the credentials go: the first place with which a witness succeeds. The account may be forbidden one of
        them, so that the likeliest places are tried with each. ``declared``: only the places that the document says,
        or only the others; None for all."""
        number = -1
        for number, place in enumerate(self.places(way)):
            if declared not in (None, place.declared):
                continue
            said, accepted = str(place), False
            if known is not None and said != known.seen.get("place"):
                continue
            for witness in witnesses if number < _LIKELY or known is not None else witnesses[:1]:
                if not (accepted or self.may_try(place)):
                    return None
                came = await self.probe.send(witness.operation, sends=partial(self.put, way, place))
                if judge(came, witness.tool) != "open":
                    # A password that is forbidden this read was accepted; one that was not is tried nowhere else.
                    accepted = came.response is not None and came.response.status == 403
                    if not accepted and any(one.basic for one in place.sends):
                        break
                    continue
                if any(one.basic for one in place.sends):
                    self.probe.logins.succeeded()
                self.works(way, said, witness, came)
                return place, witness
        if known is None and not declared:
            sentence = f"the reads that need a login are refused wherever the credentials of {way.trial.name} go"
            seen: dict[str, Json] = {"places": number + 1, "reads": len(witnesses)}
            keys = ", ".join(one.operation.key for one in witnesses)
            self.row(f"auth {way.trial.name}", "login.place", keys, seen, sentence, "unknown")
        return None

    def may_try(self, place: Placement) -> bool:
        """Whether the credentials may be sent: a password is a login attempt wherever it goes."""
        if not any(one.basic for one in place.sends):
            return True
        try:
            self.probe.logins.take()
        except ToolError:
            return False
        return True

    def works(self, way: _Way, place: str, witness: Witness, came: Came) -> None:
        """The row of the way that works."""
        key, without, answer = witness.operation.key, describe(witness.came), describe(came)
        seen: dict[str, Json] = {
            "without": without, "with": answer, "way": way.trial.name, "place": place, "witness": key,
        }  # fmt: skip
        sentence = f"{key} answers {without} without credentials and {answer} with {place}"
        self.row("login", WORKS, f"{key} with {place}", seen, sentence, "certain")

    def places(self, way: _Way) -> Iterator[Placement]:
        """Every place, with each value that may be the token: the likeliest with all but the first."""
        for number, tokens in enumerate(way.tokens or [{}]):
            for session in way.sessions.values() if tokens else ():
                session.hold(tokens)
            yield from islice(self.places_of(way), _FEW if number else _PLACES)

    def places_of(self, way: _Way) -> Iterator[Placement]:
        """What is declared, of several auths together; then custom, of one alone."""
        auths = way.trial.auths
        if len(auths) > 1:
            sends = tuple(send for auth in auths for send in auth.send if send.only != "write")
            yield Placement(sends, any(one.cookies for auth in auths for one in auth.chain), True)
            return
        cookies = any(response.cookies for _, response in way.logins)
        keys = declared_places(self.result)
        yield from find_placements(auths[0], self.probe.variables, self.names(way), cookies=cookies, declared=keys)

    def names(self, way: _Way) -> list[str]:
        """What the answers of the logins call what they hand out."""
        found = []
        for session in way.sessions.values():
            for token in session.held()[0].values():
                places = [find_place(token, response) for _, response in way.logins if isinstance(token, str)]
                found += [one.rpartition(".")[2].rpartition(":")[2] for one in places if one]
        return [one for one in dict.fromkeys(found) if is_name(one)]

    def put(self, way: _Way, place: Placement, request: Request) -> None:
        """Put the credentials of a way into a request, at a place."""
        live: dict[str, Json] = {}
        cookies: dict[str, str] = {}
        for session in way.sessions.values():
            saved, kept = session.held()
            live |= saved
            cookies |= kept
        add_credentials(request, place.sends, live, self.probe.variables)
        if place.cookies:
            cookies = cookies or {name: said for _, came in way.logins for name, said in came.cookies.items() if said}
            request.cookies += [f"{name}={value}" for name, value in cookies.items()]

    # ------------------------------------------------------------------------------------------------- what it shows

    async def describe(self, way: _Way, place: Placement, witness: Witness) -> None:
        """Use the way from here on, and write what was learned of it."""
        self.probe.witness = witness.operation
        auths = {auth.name: self.settled(way, auth, place) for auth in way.trial.auths}
        for name, session in way.sessions.items():
            session.auth = auths[name]
            if not session.logs_in or (place.cookies and not session.held()[1]):
                # It asks for the credentials of this place alone; and where the document says nothing of cookies, the
                # session before kept none.
                way.sessions[name] = self.probe.try_session(auths[name])
        self.probe.use(way.sessions)
        self.csrf(way)
        refusals = await find_refusals(self.probe, witness)
        for row in refusals.rows:
            self.row(f"auth {way.trial.name}", *row)
        for name, session in way.sessions.items():
            auths[name] = self.refused(auths[name], refusals)
            session.auth = replace(session.auth, refused=auths[name].refused)
        self.write(way, place, auths, witness, refused=bool(refusals.rules))

    def settled(self, way: _Way, auth: Auth, place: Placement) -> Auth:
        """``auth`` as it turned out to be: where its token is in the answer, when it ends, and where it goes."""
        if len(way.trial.auths) == 1:
            later = tuple(one for one in auth.send if one.only == "write" and one not in place.sends)
            auth = replace(auth, send=(*place.sends, *later), optional=False)
        live = next(session for name, session in way.sessions.items() if name == auth.name).held()[0]
        chain = []
        for login in auth.chain:
            response = next((came for one, came in way.logins if one.id == login.id), None)
            keeps = place.cookies and response is not None and bool(response.cookies)
            made = self.login(auth, login, response, live) if response is not None else login
            chain.append(replace(made, cookies=made.cookies or keeps))
        saved = {name for login in chain for name in login.save} | auth.start.keys()
        lost = auth.refresh is not None and bool(chain) and not placeholders_of(auth.refresh) <= saved
        return replace(auth, chain=tuple(chain), refresh=None if lost else auth.refresh, then=() if lost else auth.then)

    def login(self, auth: Auth, login: Login, response: Response, live: Mapping[str, Json]) -> Login:
        """A call of the chain, with what its answer showed."""
        save, expires = dict(login.save), login.expires
        call = f"{login.call.method} {login.call.path}"
        for name, source in login.save.items():
            token = live.get(name)
            if not isinstance(token, str):
                if not source.startswith("find:"):
                    del save[name]  # a login that lacks what it saves is refused
                continue
            found = find_place(token, response)
            if (
                found
                and found != source
                and not is_there(source, token, response)
                and is_name(found.rpartition(".")[2])
            ):
                save[name] = found
                self.row(f"auth {auth.name}", "login.token", call, {"at": found}, f"the token is at {found}", "certain")
                if not source.startswith("find:"):
                    self.disagree(call, source, found)
            elif not source.startswith("find:") and not is_there(source, token, response):
                save[name] = FIND_TOKEN  # where it is cannot be written; what is declared is wrong
            if expires is None and (ends := find_lifetime(response, token)) is not None:
                place, unit = ends.after or ends.at or "", ends.unit
                if is_name(place.rpartition(".")[2]):
                    expires = ends
                    seen: dict[str, Json] = {"at": place, "unit": unit}
                    sentence = f"{place} says when the token ends"
                    self.row(f"auth {auth.name}", "login.lifetime", call, seen, sentence, "likely")
        return replace(login, save=save, expires=expires)

    def csrf(self, way: _Way) -> None:
        """Tokens against forged requests are only seen: what needs them writes."""
        for login, response in way.logins:
            names = [name for name in (*response.cookies, *response.headers) if is_csrf(name) and is_name(name)]
            names = [name for name in names if not resembles_data(name)]
            if names:
                call = f"{login.call.method} {login.call.path}"
                sentence = f"a token against forged requests came with the login: {', '.join(sorted(set(names)))}"
                self.row(
                    f"auth {way.trial.name}", "login.csrf", call, {"names": sorted(set(names))}, sentence, "likely"
                )

    def refused(self, auth: Auth, refusals: Refusals) -> Auth:
        """``auth`` with the answers that mean that its session has ended."""
        known = [one for one in auth.refused if one.body or one.status != 401]
        rules = [Refused(401), *known, *refusals.rules]
        return replace(auth, refused=_unique(rules))

    def write(self, way: _Way, place: Placement, auths: Mapping[str, Auth], witness: Witness, *, refused: bool) -> None:
        """The lines of the file. What the hints say is theirs, and of several ways into one API each may serve others
        than the witness: then only what was seen is kept, as a row."""
        if self.result.hints.auth:
            return
        known = self.notebook.find("login", WORKS)
        because = known.conclusion if known is not None else ""
        others = {name for tool in self.result.plan.server.tools for name in tool.auth} - {*auths, *witness.tool.auth}
        usable = [one for one in self.result.plan.server.auth if one.name in others]
        if place.declared and any(not missing_of(Trial((one,), True), self.probe.variables) for one in usable):
            sentence = f"other operations log in by {', '.join(sorted(others))}: nothing is written"
            self.row(f"auth {way.trial.name}", "login.line", witness.operation.key, {}, sentence, "likely")
            return
        if not place.declared and self.result.plan.server.auth and not way.trial.auths[-1].optional:
            pointer = "#/components/securitySchemes" if self.result.document.version >= "3" else "#/securityDefinitions"
            declared = ", ".join(
                f"{send.place} {send.name}" for one in self.result.plan.server.auth for send in one.send
            )
            found = Disagreement("login", pointer, declared or "nothing", str(place))
            if found not in self.notebook.disagreements:
                self.notebook.disagreements.append(found)
        hints: dict[str, dict[str, Any]] = {}
        for name, auth in auths.items():
            raw = as_hint(auth, refused=refused)
            if not builds_again(self.result, name, raw, auth):
                sentence = "hints cannot say how it logs in: nothing is written"
                self.row(f"auth {name}", "login.line", witness.operation.key, {}, sentence, "unknown")
                return
            hints[raw["kind"] if auth.name == _UNNAMED else name] = raw
        for name, raw in hints.items():
            self.notebook.lines.append(Line(("auth", name), raw, because, "certain"))

    def give_up(self, witness: Witness) -> None:
        """Say what is missing, and read what is public."""
        if self.missing:
            sentence = f"not set: {', '.join(sorted(self.missing))}; only public reads are tried"
        else:
            sentence = "no way in that was tried succeeds; only public reads are tried"
        seen: dict[str, Json] = {"without": describe(witness.came), "missing": sorted(self.missing)}
        self.row("login", "login.credentials", witness.operation.key, seen, sentence, "unknown")
        self.probe.use({})

    def disagree(self, subject: str, declared: str, observed: str, pointer: str = "") -> None:
        """Keep what the document says otherwise, once."""
        found = Disagreement(subject, pointer, declared, observed)
        if found not in self.notebook.disagreements:
            self.notebook.disagreements.append(found)

    def row(
        self,
        subject: str,
        question: str,
        request: str,
        seen: Mapping[str, Json],
        conclusion: str,
        confidence: Confidence,
    ) -> None:
        """Keep one experiment, once."""
        if self.notebook.find(subject, question) is None:
            made = Experiment(subject, question, request, seen, conclusion, confidence)
            self.notebook.experiments.append(made)


def hand_out(way: _Way, session: Session, saves: Mapping[str, str]) -> None:
    """Take what the answer of a login hands out: its token is looked for, all else is where it is declared."""
    response = way.logins[-1][1]
    sent = placeholders([send.as_ for send in session.auth.send])
    for name, source in saves.items():
        if name in session.held()[0]:
            continue
        found = find_tokens(response, source, search=name in sent)
        if found:
            session.hold({name: found[0]})
        if len(found) > 1:
            way.tokens = [{name: one} for one in found]


def _note(way: _Way, login: Login, response: Response) -> None:
    way.logins.append((login, response))


def _unique(rules: Sequence[Refused]) -> tuple[Refused, ...]:
    found: list[Refused] = []
    for one in rules:
        if one not in found:
            found.append(one)
    return tuple(found)
