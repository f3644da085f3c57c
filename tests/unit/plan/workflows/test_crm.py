"""Arazzo workflows over the bundled CRM: an offer of steps that log in, wait, and read what they need."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adaptgen import plan, render, source
from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, Running, running
from adaptgen.output.write import write
from adaptgen.runtime import LOCAL, Engine
from adaptgen.transports.load import load_server

SPEC = Path(__file__).parents[4] / "specs" / "crm.yaml"
WORKFLOWS = """\
arazzo: 1.0.1
info: {title: What sales asks the CRM for, version: "1"}
sourceDescriptions: [{name: crm, url: ../crm.yaml, type: openapi}]
workflows:
  - workflowId: reportOfSegments
    summary: Order the report of a year and give its largest segment
    inputs: {type: object, properties: {year: {type: integer}}}
    steps:
      - stepId: order
        operationId: orderReport
        requestBody: {payload: {kind: REVENUE_BY_SEGMENT, year: $inputs.year}}
        successCriteria: [{condition: $statusCode == 202}]
        outputs: {id: $response.body#/reportId, place: $response.header.Location}
      - stepId: wait
        operationId: reportState
        parameters: [{name: reportId, in: path, value: $steps.order.outputs.id}]
        successCriteria: [{context: $response.body, condition: "$[?@ == 'DONE']", type: jsonpath}]
        onFailure:
          - {name: failed, type: end, criteria: [{condition: "$response.body#/state == 'FAILED'"}]}
          - {name: running, type: retry, retryAfter: 0.01, retryLimit: 10, criteria: [{condition: $statusCode == 200}]}
      - stepId: rows
        operationPath: '{$sourceDescriptions.crm.url}#/paths/~1reports~1{reportId}~1rows/get'
        parameters: [{name: reportId, in: path, value: $steps.order.outputs.id}]
        outputs: {largest: $response.body#/rows/0}
    outputs: {largest: $steps.rows.outputs.largest, place: $steps.order.outputs.place}
  - workflowId: firstCustomer
    inputs: {type: object, required: [name], properties: {name: {type: string}}}
    steps:
      - stepId: search
        operationId: getCustomers
        parameters: [{name: name, in: query, value: $inputs.name}, {name: pageSize, in: query, value: 1}]
        outputs: {id: $response.body#/data/0/id, name: $response.body#/data/0/name, email: $response.body#/data/0/email}
    outputs: {id: $steps.search.outputs.id, name: $steps.search.outputs.name, email: $steps.search.outputs.email}
  - workflowId: noteOnCustomer
    inputs: {type: object, required: [name, text], properties: {name: {type: string}, text: {type: string}}}
    steps:
      - {stepId: customer, workflowId: firstCustomer, parameters: [{name: name, value: $inputs.name}]}
      - stepId: note
        operationPath: '{$sourceDescriptions.crm.url}#/paths/~1customers~1{customerId}~1notes/post'
        parameters: [{name: customerId, in: path, value: $steps.customer.outputs.id}]
        requestBody: {payload: {text: 'About {$steps.customer.outputs.name}: {$inputs.text}'}}
        outputs: {note: $response.body#/data/text}
    outputs: {note: $steps.note.outputs.note}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server of the CRM with these workflows."""
    specs = tmp_path_factory.mktemp("specs")
    (specs / "crm").mkdir()
    (specs / "crm.yaml").write_bytes(SPEC.read_bytes())
    hints = (SPEC.parent / "crm" / "hints.yaml").read_text(encoding="utf-8")
    (specs / "crm" / "hints.yaml").write_text(f"{hints}workflows: [sales.arazzo.yaml]\n", encoding="utf-8")
    (specs / "crm" / "sales.arazzo.yaml").write_text(WORKFLOWS, encoding="utf-8")
    return specs


@pytest.fixture(scope="module")
def generated(folder: Path) -> Path:
    hints = source.read_hints(folder / "crm" / "hints.yaml")
    planned, _ = plan.plan(source.read(folder / "crm.yaml"), hints, "crm")
    out = folder.parent / f"{folder.name}-generated"
    write(out, render.render(planned, spec="specs/crm.yaml", side="specs/crm"))
    return out


@pytest.fixture(scope="module")
def serving() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as crm:
        yield crm


@pytest_asyncio.fixture
async def engine(generated: Path, serving: Running) -> AsyncIterator[Engine]:
    serving.crm.state.reset()
    environ = {"CRM_BASE_URL": serving.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
    one = Engine(load_server(generated), environ=environ, classify=True)
    yield one
    await one.aclose()


async def ask(engine: Engine, tool: str, **given: Any) -> Any:
    answer = await engine.call(LOCAL, tool, given)
    assert not answer.is_error, answer.content
    return json.loads(answer.content[0].text)  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_a_workflow_waits_by_retrying(engine: Engine, serving: Running) -> None:
    shown = await ask(engine, "report_of_segments", year=2025)
    assert shown["largest"]["segment"] == "SMB"
    assert shown["place"].endswith("/reports/9001")
    assert serving.crm.state.stats.by_operation["POST /reports"] == 1
    assert serving.crm.state.stats.logins == 1


@pytest.mark.asyncio
async def test_a_workflow_that_ends_early_says_why(engine: Engine) -> None:
    assert (await ask(engine, "report_of_segments"))["largest"]["segment"] == "SMB"  # a year that is not given
    shown = await ask(engine, "report_of_segments", year=2010)
    assert shown["largest"] is None
    assert "the steps end here" in shown["omitted"]["wait"]


@pytest.mark.asyncio
async def test_a_workflow_calls_another(engine: Engine, serving: Running) -> None:
    first = await ask(engine, "first_customer", name="a")
    assert (await ask(engine, "note_on_customer", name="a", text="hello"))["note"] == f"About {first['name']}: hello"
    dry = await ask(engine, "note_on_customer", name="a", text="hello", dry_run=True)
    assert dry["body"] == {"text": f"About {first['name']}: hello"}
