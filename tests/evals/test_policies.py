"""Every policy of the CRM is needed by a case: without it, or with it for everybody, a check of L2 fails.

Two policies are about deletions on purpose: each of them alone keeps everybody but administrators from deleting.
"""

from __future__ import annotations

import re

import pytest

from adaptgen.demo.building import specs

from .conftest import Crms

FOLDER = specs().with_suffix("") / "policies"
POLICY = re.compile(r'@id\("([a-z-]+)"\)\n(permit|forbid) .*?;\n', re.DOTALL)
POLICIES = {
    match[1]: (path.name, match[0], match[2])
    for path in sorted(FOLDER.glob("*.cedar"))
    for match in POLICY.finditer(path.read_text(encoding="utf-8"))
}
CONDITION = re.compile(r"\n(when|unless)\s*\{.*?\n?\}(?=[\n;])", re.DOTALL)


def failures(crms: Crms, name: str, changed: str) -> list[str]:
    file, text, _ = POLICIES[name]
    crms.change({f"crm/policies/{file}": lambda before: before.replace(text, changed)})
    crms.build()
    result = crms.evaluate(live=True, writes=False)
    return [f"{one.subject} {one.name}" for one in result.checks if one.state == "failed"]


def test_there_are_policies() -> None:
    assert len(POLICIES) >= 18


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_is_gone_is_missed(crms: Crms, name: str) -> None:
    assert bool(failures(crms, name, "")) is (name != "only-admins-delete")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, (_, _, effect) in POLICIES.items() if effect == "permit"])
def test_a_policy_that_permits_everybody_is_noticed(crms: Crms, name: str) -> None:
    text = POLICIES[name][1]
    last = list(CONDITION.finditer(text))
    groups = next(one for one in last if "principal.groups" in one[0])
    widened = re.sub(r"principal\.groups\.contains(Any)?\((\[[^\]]*\]|\"[^\"]*\")\)", "true", groups[0])
    assert widened != groups[0]
    assert bool(failures(crms, name, text.replace(groups[0], widened))) is (name != "admins-delete")
