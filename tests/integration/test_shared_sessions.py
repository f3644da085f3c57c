"""Many processes, one session of a real CRM: refresh tokens that can be used once, in Redis and in DynamoDB."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import aws
from support import redis as redis_server
from support.generated import generate
from support.services import Service, Unavailable, running

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

PROCESSES, SECONDS = 8, 20.0
HINTS = """\
adaptgen: 1
server: {{base_url: "${{env:BOTTLE_BASE_URL}}"}}
auth:
  session:
    kind: session
    store: {store}
    start: {{refresh: "${{env:BOTTLE_REFRESH_TOKEN}}"}}
    refresh:
      call: POST /api/auth/refresh-token/
      with: {{refresh: "{{refresh}}"}}
      save: {{access: $.access, refresh: $.refresh}}
    send: [{{header: Authorization, as: "Bearer {{access}}"}}]
    refused:
      - 401
      - {{status: 403, body: {{detail: "*login again*"}}}}
      - {{status: 403, body: {{detail: "*token not valid*"}}}}
tools:
  find_contacts:
    call: GET /api/contacts/
    view: [id, first_name, last_name, email]
    page: {{style: offset, limit: limit, offset: offset, in: query, items: $.results, total: $.count}}
"""

CHILD = """\
import asyncio, json, sys, time
from pathlib import Path
from adaptgen.transports.load import load_server
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine

async def main():
    engine, calls, failures = Engine(load_server(Path(sys.argv[1]))), 0, []
    while time.time() < float(sys.argv[2]):
        answer = await engine.call(LOCAL, "find_contacts", {"limit": 1})
        calls += 1
        failures += [answer.content[0].text] if answer.is_error else []
        await asyncio.sleep(0.2)
    await engine.aclose()
    print(json.dumps({"calls": calls, "failures": failures}))

asyncio.run(main())
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Service]:
    try:
        with running(redis_server.start, tmp_path, durable=True) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")


@pytest.fixture
def dynamodb(tmp_path: Path) -> Iterator[Service]:
    try:
        with running(aws.start, tmp_path) as service:
            aws.state_table(service)
            yield service
    except Unavailable as reason:
        pytest.skip(f"moto: {reason}")


class Fleet:
    """Processes of one generated server."""

    def __init__(self, crm: Service, folder: Path, store: str, url: str) -> None:
        document = Path(crm.facts["document"]).read_bytes()
        self._package = generate(folder, "bottle", {"bottle.json": document}, HINTS.format(store=store))
        self._crm = crm
        self._environ = {
            "PATH": "/usr/bin:/bin",
            "BOTTLE_BASE_URL": crm.url,
            "BOTTLE_REFRESH_TOKEN": crm.facts["refresh_token"],
            "ADAPTGEN_STORE_URL": url,
            "ADAPTGEN_CURSOR_KEY": bytes(range(32)).hex(),
            **aws.KEYS,
        }
        self._start = Path(crm.facts["access_log"]).stat().st_size
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self, count: int, seconds: float) -> list[subprocess.Popen[bytes]]:
        command = [sys.executable, "-c", CHILD, str(self._package), str(time.time() + seconds)]
        made = [subprocess.Popen(command, stdout=subprocess.PIPE, env=self._environ) for _ in range(count)]
        self._children += made
        return made

    def results(self) -> tuple[int, list[str]]:
        """The calls of those that were not killed, and what failed."""
        calls, failures = 0, []
        for child in self._children:
            said, _ = child.communicate(timeout=120)
            if child.returncode >= 0:
                result: dict[str, Any] = json.loads(said)
                calls += result["calls"]
                failures += result["failures"]
        return calls, failures

    def renewals(self) -> list[int]:
        """The status of every use of a refresh token, from the CRM's own access log: a second use is refused."""
        log = Path(self._crm.facts["access_log"]).read_text()[self._start :]
        return [int(status) for status in re.findall(r'"POST /api/auth/refresh-token/ HTTP/1.1" (\d+)', log)]


@pytest.mark.parametrize("bottlecrm_service", [2], indirect=True)
@pytest.mark.parametrize("store", ["redis", "dynamodb"])
def test_many_processes_share_a_session_of_two_seconds(
    bottlecrm_service: Service, tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    service = request.getfixturevalue(store)
    url = service.url if store == "redis" else f"dynamodb://adaptgen?region={aws.REGION}&endpoint={service.url}"
    fleet = Fleet(bottlecrm_service, tmp_path, store, url)
    fleet.start(PROCESSES, SECONDS)
    calls, failures = fleet.results()
    used = fleet.renewals()
    print(f"{store}: {calls} calls, {len(used)} renewals")
    assert failures == []
    assert set(used) == {200}
    assert calls > 4 * PROCESSES
    assert 5 <= len(used) <= SECONDS / 2 + 3


@pytest.mark.parametrize("bottlecrm_service", [2], indirect=True)
def test_redis_may_restart_while_sessions_are_renewed(
    bottlecrm_service: Service, tmp_path: Path, redis: Service
) -> None:
    fleet = Fleet(bottlecrm_service, tmp_path, "redis", redis.url)
    fleet.start(6, 18)
    time.sleep(6)
    again = redis
    for _ in range(2):
        again.stop()
        time.sleep(1)
        again = redis_server.start(tmp_path, int(redis.facts["port"]), durable=True)
        time.sleep(3)
    try:
        calls, failures = fleet.results()
    finally:
        again.stop()
    assert failures == []
    assert set(fleet.renewals()) == {200}
    assert calls > 24
