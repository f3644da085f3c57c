"""The other direction: the API never gets the values, whatever it logs and stores, and callers see them unchanged."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.canaries import Canaries
from support.canary_api import FIELDS, Registry, document
from support.canary_crm import WatchedCrm
from support.generated import generate
from support.watched import HEAVY, KINDS, WAYS, Agent, logs, watched
from support.web import Asked, Said, web

from adaptgen.demo.crm import PASSWORD, USERNAME, running

ROOT = Path(__file__).parents[2]
API = {
    "tokenize": {"direction": "api", "kinds": list(KINDS)},
    "keys": {"surrogates": "${env:T_SURROGATES}", "audit": "${env:T_AUDIT}"},
}


async def _ask(agent: Agent, tool: str, **arguments: Any) -> Any:
    text, failed = await agent.call(tool, arguments)
    assert not failed, (tool, text)
    return json.loads(text)


def _person(c: Canaries, at: int) -> dict[str, str]:
    """A contact as a caller writes it."""
    first, last = c.name(), c.name()
    said = (c.email, lambda: c.phone(silent=True), c.card, c.iban, c.national_id)[at % 5]()
    return {
        "first_name": first,
        "last_name": last,
        "email": c.email(),
        "phone": c.phone(),
        "mobile": c.phone(),
        "remarks": f"{first}'s mail <{c.email()}>, {said}; {last.upper()} knows.",
    }


@pytest.mark.parametrize("way", HEAVY)
def test_the_crm_gets_surrogates_and_callers_see_what_they_wrote(way: str, tmp_path: Path) -> None:
    crm, canaries = WatchedCrm(), Canaries()

    async def whole() -> dict[str, str]:
        with running(crm) as api, logs() as log:
            environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
            package = ROOT / "generated" / "crm"
            async with watched(way, tmp_path, package, environ, **API) as at:
                await _contacts(at.agent("sam", "sales"), canaries)
                await _others(at.agent("sam", "sales"), canaries)
                left = at.left()
        return {**left, "logs": "\n".join(log.lines)}

    places = asyncio.run(whole())
    places |= {"log of the API": "\n".join(crm.asked), "database of the API": crm.stored()}
    found = {place: canaries.leaks(text) for place, text in places.items()}
    assert {place: values for place, values in found.items() if values} == {}
    assert len(canaries) > 100


async def _contacts(agent: Agent, canaries: Canaries) -> None:
    for at in range(15):
        person = _person(canaries, at)
        made = await _ask(agent, "create_contact", customer_id=1001, **person)
        seen = await _ask(agent, "get_contact", contactId=made["id"], fields=["*"])
        assert {key: seen[key] for key in person} == person
        assert seen["full_name"] == f"{person['first_name']} {person['last_name']}"
        (found,) = await agent.rows("list_contacts", email=person["email"], fields=["id", "email"])
        assert found == {"id": made["id"], "email": person["email"]}
        email = canaries.email()
        await _ask(agent, "update_contact", contactId=made["id"], email=email)
        seen = await _ask(agent, "get_contact", contactId=made["id"], fields=["*"])
        assert {key: seen[key] for key in person} == {**person, "email": email}
        await _ask(agent, "update_contact", contactId=made["id"], phone=canaries.phone(), dry_run=True)


async def _others(agent: Agent, canaries: Canaries) -> None:
    for _ in range(5):
        firm = {"email": canaries.email(), "iban": canaries.iban(), "phone": canaries.phone(), "fax": canaries.phone()}
        made = await _ask(agent, "create_customer", name="Ltd", status="ACTIVE", **firm)
        made = made.get("data", made)
        seen = await _ask(agent, "get_customer", customerId=made["id"], fields=["*"])
        assert {key: seen[key] for key in firm} == firm
        text = f"Wrote to {canaries.email()}, paid by {canaries.card()}"
        await _ask(agent, "add_customer_note", customerId=made["id"], text=text)
        (note,) = await agent.rows("list_customer_notes", customerId=made["id"], fields=["text"])
        assert note == {"text": text}
        subject = f"Mail of {canaries.email()}"
        ticket = await _ask(agent, "create_ticket", customerId=made["id"], subject=subject, description=canaries.iban())
        assert (await _ask(agent, "get_ticket", ticketId=ticket["id"], fields=["subject"]))["subject"] == subject


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server of the registry."""
    return generate(tmp_path_factory.mktemp("registry"), "registry", {"registry.json": document()})


@pytest.mark.parametrize("way", WAYS)
def test_values_in_paths_queries_and_lists_are_surrogates(way: str, registry: Path, tmp_path: Path) -> None:
    canaries = Canaries()
    api = Registry(Canaries(1), 0)

    def refusing(asked: Asked) -> Any:
        """The registry, which says what it was asked."""
        if asked.path.startswith("/broken/") and asked.method == "GET":
            return Said(dict.fromkeys(_registered(Canaries(2)), ""))
        if asked.path.startswith("/broken/"):
            return Said({"message": f"{asked.json()['email']} and {asked.json()['note']} are taken"}, 409)
        return api(asked)

    async def whole() -> str:
        with web(refusing) as answering:
            async with watched(way, tmp_path, registry, {"REGISTRY_BASE_URL": answering.url}, **API) as at:
                agent = at.agent()
                people = [_registered(canaries) for _ in range(10)]
                for one in people:
                    await _ask(agent, "save_person", **one)
                    assert (await _ask(agent, "get_mailbox", email=one["email"]))["email"] == one["email"]
                    text, failed = await agent.call("update_broken", {"how": "x", **one})
                    assert failed
                    assert one["email"] in text
                await _ask(agent, "save_people", people=people, note=f"of {canaries.email()}")
                rows = await agent.rows("list_people", fields=[*FIELDS, "note"])
                assert rows[: len(people)] == people
                for one in people:
                    for name in FIELDS:
                        assert one in await agent.rows("list_people", fields=[*FIELDS, "note"], **{name: one[name]})
                left = at.left()
                return "\n".join([answering.log, json.dumps(api.kept), *left.values()])

    assert canaries.leaks(asyncio.run(whole())) == []


def _registered(c: Canaries) -> dict[str, str]:
    made = {"email": c.email(), "phone": c.phone(), "iban": c.iban(), "card_number": c.card()}
    made |= {"national_id": c.national_id(), "full_name": f"{c.name()} {c.name()}"}
    return {**{name: made[name] for name in FIELDS}, "note": f"see {c.email()} / {c.iban()}"}
