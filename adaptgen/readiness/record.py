"""Recording: each read tool of a server is called once against the real API, and what went over the wire is scrubbed.

Identifiers that a tool needs are drawn from what the lists before it answered. Tools that write are called only where
they are named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from adaptgen.model.tables import LOCAL, Json, Login, Server, Tool, calls_of
from adaptgen.readiness.cassettes import Exchange, Index, Scrubber, cassette_text, decoded, origin_of, refuse
from adaptgen.readiness.fake_values import Fakes
from adaptgen.readiness.replay import is_own, missing_view_paths
from adaptgen.runtime.auth.login_call import read_saved
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.classifier import classified_values
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.identifiers import singular
from adaptgen.syntax.templates import Reference, fill, references, references_in
from adaptgen.syntax.token_names import is_csrf, takes_token

_LIMIT = 3
"""Items that a list is asked for: enough to see its form."""
_PLAIN = re.compile(r"[^a-z0-9]")
_PLACE = re.compile(r"\{[^{}]*\}")
_RECORDED: ContextVar[bool] = ContextVar("_RECORDED", default=False)
"""Whether what is sent belongs to the call that is recorded: vcrpy listens to everything in the process."""


@dataclass(slots=True)
class Recording:
    """``cassettes``: tool -> text; ``skipped``: tool -> why it was not recorded."""

    cassettes: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    index: Index = field(default_factory=Index)


@dataclass(slots=True)
class _Taken:
    tool: Tool
    arguments: dict[str, Json]
    exchanges: list[Exchange]


async def record(
    server: Server,
    environ: Mapping[str, str],
    *,
    writes: Collection[str] = (),
    skip: Collection[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Recording:
    """Call the tools of ``server`` and make cassettes of what was sent and answered.

    Raises:
        AdaptgenError: AG068, a secret or personal data would remain in a cassette; nothing is made then.
    """
    engine = Engine(server, environ=environ)
    made = Recording()
    taken: list[_Taken] = []
    logins: list[Exchange] = []
    pool = _Pool()
    try:
        pending = [tool for tool in server.tools if tool.name not in skip and _wanted(tool, writes)]
        pending.sort(key=lambda tool: (tool.effect != "read", len(_required(engine, tool)), tool.name))
        while pending:
            ready = next((one for one in pending if pool.draw(one, engine) is not None), None)
            if ready is None:
                break
            pending.remove(ready)
            progress(ready.name)
            arguments = pool.draw(ready, engine) or {}
            problem, exchanges = await _call(engine, ready, arguments)
            logins += [one for one in exchanges if _is_login(server, one) and not _among(one, logins)]
            own = _final([one for one in exchanges if not _is_login(server, one)])
            if problem or not own:
                made.skipped[ready.name] = problem or "it sent nothing"
                continue
            taken.append(_Taken(ready, arguments, own))
            for one in own:
                pool.learn(one)
        for tool in pending:
            made.skipped[tool.name] = f"no value is known for {', '.join(pool.missing(tool, engine))}"
    finally:
        await engine.aclose()
    _write(server, environ, taken, logins, made)
    return made


def _wanted(tool: Tool, writes: Collection[str]) -> bool:
    return tool.effect == "read" or tool.name in writes


def _required(engine: Engine, tool: Tool) -> list[str]:
    contract = engine.get(tool.name)
    return list(contract.input_schema.get("required", ())) if contract else []


async def _call(engine: Engine, tool: Tool, arguments: dict[str, Json]) -> tuple[str, list[Exchange]]:
    """What the tool answered wrongly ("": nothing), and what went over the wire."""
    with _listening() as cassette:
        answer = await engine.call(LOCAL, tool.name, arguments)
        exchanges = [_exchange(*pair) for pair in zip(cassette.requests, cassette.responses, strict=True)]
    text = next((one.text for one in answer.content if isinstance(one, Text)), "")
    return (text or "it failed") if answer.is_error else "", exchanges


@contextmanager
def _listening() -> Iterator[Any]:
    """vcrpy around what httpx sends for this call; nothing is written."""
    import vcr  # type: ignore[import-untyped]
    from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]

    class Nowhere:
        @staticmethod
        def load_cassette(path: object, serializer: object) -> object:
            raise CassetteNotFoundError

        @staticmethod
        def save_cassette(path: object, data: object, serializer: object) -> None:
            """Kept in memory."""

    own: Callable[[Any], Any] = lambda request: request if _RECORDED.get() else None  # noqa: E731
    recorder = vcr.VCR(record_mode=vcr.mode.ALL, before_record_request=own)
    recorder.register_persister(Nowhere)
    mark = _RECORDED.set(True)
    try:
        with recorder.use_cassette("memory") as cassette:
            yield cassette
    finally:
        _RECORDED.reset(mark)


def _exchange(request: Any, response: Mapping[str, Any]) -> Exchange:
    headers = {name.lower(): ", ".join(values) for name, values in response["headers"].items()}
    asked = request.body or b""
    return Exchange(
        method=request.method,
        url=request.uri,
        asked=asked.encode() if isinstance(asked, str) else bytes(asked),
        asked_type=str(request.headers.get("content-type", "")),
        status=response["status"]["code"],
        headers={name: value for name, value in headers.items() if name != "content-encoding"},
        body=decoded(response["body"]["string"], headers.get("content-encoding", "").strip().lower()),
    )


# --------------------------------------------------------------------------------------------------------- arguments


class _Pool:
    """Values that lists answered, by the resource and by the name of the field."""

    def __init__(self) -> None:
        self._by: dict[str, dict[str, Json]] = {}
        self._all: dict[str, Json] = {}

    def learn(self, exchange: Exchange) -> None:
        """Learn the scalars of the first record in an answer."""
        words = [one for one in urlsplit(exchange.url).path.split("/") if one]
        record = _first(exchange.json())
        if record is None or not words:
            return
        about = self._by.setdefault(_plain(words[-1]), {})
        for name, value in record.items():
            if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
                about.setdefault(_plain(name), value)
                self._all.setdefault(_plain(name), value)
                if _plain(name) in ("id", "pk", "uuid", "key"):
                    self._all.setdefault(_plain(singular(words[-1].lower())) + "id", value)

    def draw(self, tool: Tool, engine: Engine) -> dict[str, Json] | None:
        """Arguments for a call; None where a required one is not known yet."""
        contract = engine.get(tool.name)
        assert contract is not None
        properties = contract.input_schema.get("properties", {})
        drawn: dict[str, Json] = {}
        for name in _required(engine, tool):
            value = self._value(tool, name, properties.get(name, {}))
            if value is MISSING:
                return None
            drawn[name] = value
        if not drawn and tool.effect != "read":
            # A write of nothing is refused: what is known of its arguments is sent.
            values = {name: self._value(tool, name, schema) for name, schema in properties.items()}
            drawn = {name: value for name, value in values.items() if value is not MISSING and name != "dry_run"}
        if "limit" in properties and tool.page is not None:
            drawn["limit"] = _LIMIT
        return drawn

    def missing(self, tool: Tool, engine: Engine) -> list[str]:
        """The required arguments of which no value is known."""
        contract = engine.get(tool.name)
        schemas = contract.input_schema.get("properties", {}) if contract else {}
        return [name for name in _required(engine, tool) if self._value(tool, name, schemas.get(name, {})) is MISSING]

    def _value(self, tool: Tool, name: str, schema: Mapping[str, Json]) -> Json:
        for key in ("examples", "enum"):
            if isinstance(schema.get(key), list) and schema[key]:
                return schema[key][0]
        if "default" in schema:
            return schema["default"]
        path = next((one.path for one in calls_of(tool)), "")
        parts = [one for one in path.split("/") if one]
        before = [
            parts[at - 1] for at, one in enumerate(parts) if at and one.strip("{}") == name and one.startswith("{")
        ]
        wanted = _plain(name)
        for about in (*before, *[one for one in reversed(parts) if not one.startswith("{")]):
            known = self._by.get(_plain(about), {})
            if wanted in known:
                return known[wanted]
            if about in before:
                for identity in ("id", "pk", "uuid", "key"):
                    if identity in known:
                        return known[identity]
        return self._all.get(wanted, MISSING)


def _plain(name: str) -> str:
    return _PLAIN.sub("", name.lower())


def _first(value: Json) -> dict[str, Json] | None:
    """The first record of the first list in an answer, breadth first."""
    queue = [value]
    while queue:
        here = queue.pop(0)
        if isinstance(here, list) and here and isinstance(here[0], dict):
            return here[0]
        if isinstance(here, dict):
            queue += [one for one in here.values() if isinstance(one, (dict, list))]
    return None


# ---------------------------------------------------------------------------------------------------------- scrubbing


def _is_login(server: Server, exchange: Exchange) -> bool:
    return login_path(server, urlsplit(exchange.url).path)


def login_path(server: Server, path: str) -> bool:
    """Whether a request to ``path`` serves a login of the server."""
    return any(path.endswith(_PLACE.sub("", urlsplit(login.call.path).path)) for login in _logins(server))


def _logins(server: Server) -> Iterator[Login]:
    """Every call that logs in or renews a session."""
    for auth in server.auth:
        yield from auth.chain
        if auth.refresh is not None:
            yield auth.refresh


def _final(exchanges: list[Exchange]) -> list[Exchange]:
    """Without the answers after which the same was asked again: a replay is not to wait as the recording did."""
    kept: list[Exchange] = []
    for one in exchanges:
        if kept and kept[-1].status >= 400 and (kept[-1].method, kept[-1].url) == (one.method, one.url):
            kept.pop()
        kept.append(one)
    return kept


def _bodies(call: _Taken) -> list[Json]:
    own = [one for one in call.exchanges if is_own(call.tool, one.method, urlsplit(one.url).path)]
    return [one.json() for one in own if one.status < 400]


def _among(one: Exchange, known: Iterable[Exchange]) -> bool:
    return any((one.method, one.url) == (other.method, other.url) for other in known)


def _write(
    server: Server, environ: Mapping[str, str], taken: list[_Taken], logins: list[Exchange], made: Recording
) -> None:
    fakes = Fakes()
    variables, secrets, bases, origins = _stand_ins(server, environ, fakes)
    scrubber = Scrubber(fakes, origins, _headers(server, logins))
    for one in logins:
        _learn_login(server, one, fakes)
        scrubber.learn(None, one)
    for call in taken:
        fakes.learn(classified_values(call.arguments, call.tool.sensitive_arguments))
        for one in call.exchanges:
            _learn_headers(one, fakes)
            scrubber.learn(call.tool, one)
    calls: dict[str, Mapping[str, Json]] = {}
    for call in sorted(taken, key=lambda one: one.tool.name):
        name = call.tool.name
        parts = [scrubber.cleaned(None, one) for one in logins]
        parts += [scrubber.cleaned(call.tool, one) for one in call.exchanges]
        text = cassette_text(parts)
        refuse(name, text, fakes)
        made.cassettes[name] = text
        calls[name] = fakes.scrubbed(call.arguments)
    absent = {call.tool.name: paths for call in taken if (paths := missing_view_paths(call.tool, _bodies(call)))}
    made.index = Index(bases, variables, secrets, calls, absent)
    refuse("the index", made.index.text(), fakes)


def _stand_ins(
    server: Server, environ: Mapping[str, str], fakes: Fakes
) -> tuple[dict[str, str], dict[str, str], dict[str, str], dict[str, str]]:
    """Stand-ins of variables, of other references, of bases by name, and of the origins of addresses."""
    origins: dict[str, str] = {}
    bases: dict[str, str] = {}

    def resolve(reference: Reference) -> str:
        return environ.get(reference.name, "").strip()

    for base in server.bases:
        url = environ.get(base.env, "").strip() if base.env else ""
        url = (url or str(fill(base.url, {}, resolve))).rstrip("/")
        origin = origin_of(url)
        origins.setdefault(origin, f"https://api{len(origins) + 1 if origins else ''}.invalid")
        bases[base.name] = url.replace(origin, origins[origin], 1)
    variables: dict[str, str] = {}
    secrets: dict[str, str] = {}
    named = {one.env for one in server.bases} | {r.name for base in server.bases for r in references(base.url)}
    for reference in sorted(needed_references(server), key=str):
        value = environ.get(reference.name, "").strip() if reference.kind == "env" else ""
        if reference.kind != "env":
            secrets[str(reference)] = f"fake-{len(secrets) + 1}"
        elif value and reference.name not in named:
            if value.startswith(("http://", "https://")):
                there = f"https://{_plain(reference.name)}.invalid"
                origins.setdefault(origin_of(value), there)
                variables[reference.name] = value.replace(origin_of(value), origins[origin_of(value)], 1)
            else:
                variables[reference.name] = fakes.of("secret", value)
    return variables, secrets, bases, origins


def needed_references(value: Any) -> set[Reference]:
    """Every reference in the tables of a server, but for its addresses and the texts of hand edits."""
    return set(references_in(value, ("edits", "bases")))


def _headers(server: Server, logins: Iterable[Exchange]) -> set[str]:
    """The headers of answers that the runtime reads."""
    found = {"set-cookie"} if any(one.cookies for auth in server.auth for one in auth.chain) else set()
    for login in _logins(server):
        found |= {place.partition(":")[2] for place in login.save.values() if place.startswith("header:")}
        found |= {"set-cookie" for place in login.save.values() if place.startswith("cookie:")}
    if any(place.startswith("find:") for login in _logins(server) for place in login.save.values()):
        found |= {"set-cookie"} | {name for one in logins for name in one.headers if takes_token(name) or is_csrf(name)}
    for tool in server.tools:
        for name in ("next", "total", "header"):
            place = getattr(tool.page, name, None)
            if isinstance(place, str) and (place.startswith("header:") or name == "header"):
                found.add(place.removeprefix("header:"))
    return found


def _learn_login(server: Server, exchange: Exchange, fakes: Fakes) -> None:
    """Everything that a login saves is a secret, and every cookie."""
    body = exchange.json()
    for place in (place for login in _logins(server) for place in login.save.values()):
        if place.startswith("$") and body is not None:
            value = jsonpath.first(place, body)
        elif place.startswith("header:"):
            value = exchange.headers.get(place.partition(":")[2].lower())
        elif place.startswith("find:"):
            media = exchange.media.partition(";")[0].strip().lower()
            value = read_saved(place, Response(exchange.status, exchange.headers, exchange.body, media_type=media))
        else:
            continue
        if isinstance(value, str) and value:
            fakes.of("secret", value)
    _learn_headers(exchange, fakes)


def _learn_headers(exchange: Exchange, fakes: Fakes) -> None:
    """The cookies of an answer are secrets, and the tokens in its headers."""
    for name, value in exchange.headers.items():
        if value and (takes_token(name) or is_csrf(name)):
            fakes.of("secret", value)
    for cookie in exchange.headers.get("set-cookie", "").split(","):
        value = cookie.partition(";")[0].partition("=")[2].strip()
        if value:
            fakes.of("secret", value)
