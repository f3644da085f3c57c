"""Approvals on three replicas with Redis: executed exactly once or not at all, each on record. Counted at the API."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import pytest_asyncio
from support import command, generated
from support import redis as redis_server
from support.idp import Idp
from support.replicas import KEY, RoundRobin
from support.services import Service, Unavailable, free_port, launch, running
from support.web import Asked, Said, web

from adaptgen.govern.audit.verify import verify

pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

AT_ONCE = 100
SLOW = "slow"
SPEC = b"""
openapi: 3.1.0
info: {title: Bank, version: "1"}
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /payments: {post: &write {operationId: createPayment, summary: Pays., requestBody: {required: true, content: {
    application/json: {schema: {type: object, required: [note], properties: {
      note: {type: string}, amount: {type: integer}}}}}},
    responses: {"201": {description: done, content: {application/json: {schema: {type: object, properties: {
      id: {type: integer}, note: {type: string}}}}}}}}}
  /gifts: {post: {<<: *write, operationId: createGift, summary: Gives.}}
  /orders: {post: {<<: *write, operationId: createOrder, summary: Orders.}}
"""
POLICIES = """
@approval("1h") permit (principal, action == Action::"bank__create_payment", resource);
@approval("2s") permit (principal, action == Action::"bank__create_gift", resource);
@once("10m") permit (principal, action == Action::"bank__create_order", resource);
permit (principal in Group::"north/leads", action == Action::"approve", resource);
forbid (principal, action == Action::"approve", resource) when { context.own };
"""
WITHDRAWN = 'forbid (principal == Caller::"north/bob", action == Action::"approve", resource);'


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    try:
        with running(redis_server.start, tmp_path_factory.mktemp("redis")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")


@dataclass
class Bank:
    """Three replicas behind a round robin. ``done``: what the API was asked to do, by path and note; ``begun``: the
    slow ones that it has begun."""

    folder: Path
    idp: Idp
    relay: RoundRobin
    resource: str
    done: Counter[tuple[str, str]]
    running: list[Service] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    async def call(self, tool: str, note: str, *, port: int = 0, sub: str = "ann", **more: Any) -> tuple[str, bool]:
        """Text of the answer of a call, and whether it is an error; at one replica, or at the next one."""
        token = self.idp.issue(sub=sub, aud=self.resource, org="north", groups=["leads"])
        arguments = {"note": note, **more}
        body, headers = command.request("tools/call", {"name": tool, "arguments": arguments}, token)
        if port:
            headers["host"] = f"127.0.0.1:{self.relay.port}"
        url = f"http://127.0.0.1:{port}/mcp" if port else self.resource
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(url, content=body, headers=headers)
        result = answer.json()["result"]
        return result["content"][0]["text"], bool(result.get("isError"))

    async def ask(self, tool: str, note: str, **more: Any) -> str:
        """The link of the request for a call."""
        text, _ = await self.call(tool, note, **more)
        found = re.search(r"http\S+/approvals/[0-9a-f]{32}", text)
        assert found is not None, text
        return found[0]

    async def page(self, client: httpx.AsyncClient, link: str, sub: str) -> httpx.Response:
        """The page of a request as a lead sees it, who logs in first: each step at the next replica."""
        self.idp.person = {"sub": sub, "org": "north", "groups": ["leads"]}
        answer = await client.get(link)
        while answer.is_redirect:
            answer = await client.get(urljoin(str(answer.url), answer.headers["location"]))
        return answer

    async def decide(self, link: str, sub: str = "lea", decision: str = "approve", times: int = 1) -> list[int]:
        """Approve or deny by the form of the page; the statuses of the answers."""
        async with httpx.AsyncClient(timeout=60) as client:
            shown = await self.page(client, link, sub)
            found = re.search(r'name="token" value="([^"]*)"', shown.text)
            if found is None:
                return [shown.status_code]
            origin = f"http://127.0.0.1:{self.relay.port}"
            form = {"token": found[1], "decision": decision}
            sent = [client.post(link, data=form, headers={"origin": origin}) for _ in range(times)]
            return [one.status_code for one in await asyncio.gather(*sent)]

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for path in self.folder.glob("audit*.jsonl") for line in path.read_text().splitlines()]

    def steps(self, link: str) -> Counter[str]:
        """What the trails say of one request."""
        about = [one for one in self.audited() if one.get("approval") == link[-32:]]
        return Counter(one.get("step") or one["decision"] for one in about)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory, redis: Service) -> AsyncIterator[Bank]:
    folder = tmp_path_factory.mktemp("bank")
    done: Counter[tuple[str, str]] = Counter()

    def api(asked: Asked) -> Said:
        note = json.loads(asked.body)["note"]
        if note == SLOW:
            one.begun.append(note)
        time.sleep(1 if note == SLOW else 0.03)  # as long as a small API takes, so that calls overlap
        done[asked.path, note] += 1
        return Said({"id": done.total(), "note": note}, status=201)

    idp = Idp()
    idp.person = {"sub": "lea"}
    idp.clients["web"] = "web-secret"
    await idp.start()
    relay = RoundRobin([])
    await relay.start()
    with web(api) as served:
        spec = SPEC.replace(b"http://127.0.0.1:1", served.url.encode())
        package = await asyncio.to_thread(generated.generate, folder, "bank", {"bank.yaml": spec})
        one = Bank(folder, idp, relay, f"http://127.0.0.1:{relay.port}/mcp", done)
        (folder / "all.cedar").write_text(POLICIES)
        try:
            for number in range(3):
                one.running.append(await asyncio.to_thread(start, one, package, number, redis.url))
                relay.ports.append(int(one.running[-1].url.rpartition(":")[2]))
            yield one
        finally:
            for service in one.running:
                await asyncio.to_thread(service.stop)
            await relay.stop()
            await idp.stop()


def start(bank: Bank, package: Path, number: int, redis: str) -> Service:
    settings = {
        "adaptgen": 1,
        "mode": "embedded",
        "listen": {"resource": bank.resource},
        "authenticate": {
            "issuer": bank.idp.url,
            "audience": bank.resource,
            "caller": {"tenant": "org", "groups": "groups"},
        },
        "login": {"client_id": "web", "client_secret": "${env:SECRET}"},
        "authorize": {"default": "read", "policies": ["all.cedar"]},
        "keys": {"audit": "${env:AUDIT}", "cursors": "${env:AUDIT}"},
        "state": {"store": "redis", "url": "${env:REDIS}"},
        "audit": {"sink": f"audit{number}.jsonl"},
    }
    file = bank.folder / f"governance{number}.yaml"
    file.write_text(json.dumps(settings))
    port = free_port()
    environ = command.environment(bank.folder, {"SECRET": "web-secret", "AUDIT": KEY, "REDIS": redis})
    line = command.command("serve", package, "--http", f"127.0.0.1:{port}", "--governance", file)
    return launch(
        f"bank{number}", line, url=f"http://127.0.0.1:{port}", ready="/readyz",
        environ=environ, folder=bank.folder, seconds=60,
    )  # fmt: skip


async def test_of_a_hundred_calls_after_an_approval_one_is_executed(bank: Bank) -> None:
    link = await bank.ask("create_payment", "hundred")
    assert await bank.decide(link) == [200]
    found = await asyncio.gather(*(bank.call("create_payment", "hundred") for _ in range(AT_ONCE)))

    executed = bank.done["/payments", "hundred"]
    told = Counter(text.split(":")[0] for text, failed in found if failed)
    print(f"{AT_ONCE} calls at once on 3 replicas: executed {executed} times, {len(found)} answers; {dict(told)}")
    assert executed == 1
    assert sum(not failed for _, failed in found) == 1
    assert bank.steps(link)["permit"] == 1


async def test_a_hundred_first_calls_are_one_request_and_execute_nothing(bank: Bank) -> None:
    links = set(await asyncio.gather(*(bank.ask("create_payment", "first") for _ in range(AT_ONCE))))

    print(f"{AT_ONCE} first calls: {len(links)} request, executed {bank.done['/payments', 'first']} times")
    assert len(links) == 1
    assert bank.done["/payments", "first"] == 0
    assert bank.steps(links.pop())["requested"] == 1


async def test_an_approval_that_is_sent_again_executes_nothing_more(bank: Bank) -> None:
    link = await bank.ask("create_payment", "replayed")
    statuses = Counter(await bank.decide(link, times=20))
    await bank.call("create_payment", "replayed")
    again, _ = await bank.call("create_payment", "replayed")

    print(f"20 equal approvals at once: statuses {dict(statuses)}, executed {bank.done['/payments', 'replayed']} times")
    assert statuses == {200: 1, 409: 19}
    assert bank.done["/payments", "replayed"] == 1
    assert "needs the approval" in again
    assert bank.steps(link)["approved"] == 1


async def test_one_character_more_is_another_request(bank: Bank) -> None:
    await bank.decide(await bank.ask("create_payment", "altered", amount=10))
    for changed in ({"amount": 100}, {"amount": 11}, {}):
        _, failed = await bank.call("create_payment", "altered", **changed)
        assert failed
    _, failed = await bank.call("create_payment", "alteres", amount=10)

    print(f"altered: executed {bank.done['/payments', 'altered'] + bank.done['/payments', 'alteres']} times")
    assert failed
    assert bank.done["/payments", "altered"] == bank.done["/payments", "alteres"] == 0


async def test_a_caller_does_not_approve_the_own_call(bank: Bank) -> None:
    """Ann is a lead too."""
    link = await bank.ask("create_payment", "own")
    statuses = await bank.decide(link, "ann")
    _, failed = await bank.call("create_payment", "own")

    print(f"approved by the caller: status {statuses}, executed {bank.done['/payments', 'own']} times")
    assert statuses == [403]
    assert failed
    assert bank.done["/payments", "own"] == 0
    assert set(bank.steps(link)) == {"requested", "refused"}


async def test_an_approval_expires(bank: Bank) -> None:
    link = await bank.ask("create_gift", "late")
    assert await bank.decide(link) == [200]
    async with asyncio.timeout(30):
        while not any(one.get("step") == "approved" and _age(one) > 2.5 for one in bank.audited()):
            await asyncio.sleep(0.1)
    text, failed = await bank.call("create_gift", "late")

    print(f"expired: executed {bank.done['/gifts', 'late']} times")
    assert failed
    assert "needs the approval" in text
    assert bank.done["/gifts", "late"] == 0
    assert bank.steps(link)["expired"] == 1


def _age(line: dict[str, Any]) -> float:
    """Seconds since a gift was approved."""
    if line.get("tool") != "create_gift":
        return 0.0
    return time.time() - _moment(line["time"])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def test_what_one_replica_asks_another_approves_and_a_third_executes(bank: Bank) -> None:
    first, second, third = bank.relay.ports
    link = await bank.ask("create_payment", "elsewhere", port=first)
    bank.relay.ports = [second]
    assert await bank.decide(link) == [200]
    bank.relay.ports = [first, second, third]
    _, failed = await bank.call("create_payment", "elsewhere", port=third)
    trails = {
        path.name: [json.loads(line) for line in path.read_text().splitlines()]
        for path in bank.folder.glob("audit*.jsonl")
    }
    by = {
        one.get("step") or one["decision"]: name
        for name, lines in trails.items()
        for one in lines
        if one.get("approval") == link[-32:]
    }

    print(f"asked, approved and executed on three replicas: executed {bank.done['/payments', 'elsewhere']} times, {by}")
    assert not failed
    assert bank.done["/payments", "elsewhere"] == 1
    decided = "audit1.jsonl"
    assert by == {"requested": "audit0.jsonl", "approving": decided, "approved": decided, "permit": "audit2.jsonl"}
    (executed,) = (one for one in bank.audited() if one.get("approval") == link[-32:] and "decision" in one)
    assert (executed["caller"]["sub"], executed["approver"]["sub"]) == ("ann", "lea")


async def test_a_denied_call_is_not_executed(bank: Bank) -> None:
    link = await bank.ask("create_payment", "denied")
    assert await bank.decide(link, decision="deny") == [200]
    text, failed = await bank.call("create_payment", "denied")

    print(f"denied: executed {bank.done['/payments', 'denied']} times")
    assert failed
    assert "was denied" in text
    assert bank.done["/payments", "denied"] == 0
    assert bank.steps(link) == {"requested": 1, "denying": 1, "denied": 1}


async def test_of_a_hundred_equal_writes_one_is_done_and_all_get_its_answer(bank: Bank) -> None:
    found = await asyncio.gather(*(bank.call("create_order", "once") for _ in range(AT_ONCE)))
    other, _ = await bank.call("create_order", "oncf")

    print(f"@once: {AT_ONCE} equal writes at once: executed {bank.done['/orders', 'once']} times, "
          f"{len({text for text, _ in found})} answer")  # fmt: skip
    assert bank.done["/orders", "once"] == 1
    assert bank.done["/orders", "oncf"] == 1
    assert {failed for _, failed in found} == {False}
    assert len({text for text, _ in found}) == 1
    assert other not in {text for text, _ in found}


async def test_policies_that_change_withdraw_what_was_approved(bank: Bank) -> None:
    link = await bank.ask("create_payment", "withdrawn")
    assert await bank.decide(link, "bob") == [200]
    (bank.folder / "all.cedar").write_text(POLICIES + WITHDRAWN)
    for number in range(3):  # a file of policies is read anew when the settings change
        file = bank.folder / f"governance{number}.yaml"
        file.write_text(file.read_text())
    async with asyncio.timeout(60):
        while sum(one["event"] == "reload" for one in bank.audited()) < 3:
            await asyncio.sleep(0.1)
    text, failed = await bank.call("create_payment", "withdrawn")

    print(f"withdrawn by a policy: executed {bank.done['/payments', 'withdrawn']} times")
    assert failed
    assert "needs the approval" in text
    assert bank.done["/payments", "withdrawn"] == 0
    assert bank.steps(link)["withdrawn"] == 1


async def test_a_process_that_is_killed_while_it_executes_leaves_no_second_execution(bank: Bank) -> None:
    link = await bank.ask("create_payment", SLOW)
    assert await bank.decide(link) == [200]
    port, other, _ = bank.relay.ports
    process = bank.running[0].process
    assert process is not None
    calling = asyncio.create_task(bank.call("create_payment", SLOW, port=port))
    async with asyncio.timeout(30):
        while not bank.begun:
            await asyncio.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    with pytest.raises(httpx.HTTPError):
        await calling
    text, failed = await bank.call("create_payment", SLOW, port=other)

    print(f"killed while it executes: executed {bank.done['/payments', SLOW]} times, then: {text[:80]}")
    assert failed
    assert "may have been executed: check first" in text
    assert bank.done["/payments", SLOW] <= 1


async def test_the_trails_hold(bank: Bank) -> None:
    trails = sorted(bank.folder.glob("audit*.jsonl"))
    key = base64.b64decode(KEY)

    assert len(trails) == 3
    assert verify(trails, key, running=True) == []
    for line in bank.audited():
        assert "hundred" not in json.dumps(line)
