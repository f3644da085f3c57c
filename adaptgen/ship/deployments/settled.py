"""What a deployment hands to AWS: parameters, tags and template, after those of the last one were looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import error
from adaptgen.ship.deployments.calls import attempt
from adaptgen.ship.deployments.changes import HIDDEN, PropertyChange, changed_texts, secret_mark
from adaptgen.ship.stack.checks import check_parameters
from adaptgen.ship.stack.versions import (
    EARLIER,
    HISTORY,
    OWN,
    PINNED,
    secret_digest,
    version_id,
    version_key,
    with_version,
)

if TYPE_CHECKING:
    from adaptgen.ship.deployments.deployment import Plan


@dataclass(frozen=True, slots=True)
class Settled:
    """``arguments``: the parameters as CreateChangeSet takes them. ``tags``: None where the request names no
    tags. ``before`` and ``after``: parameter -> value of both deployments, secrets as marks. ``secrets``: their
    values."""

    template: Mapping[str, Any]
    token: str
    arguments: list[dict[str, Any]] = field(repr=False)
    tags: Mapping[str, str] | None
    previous_template: Mapping[str, Any]
    before: Mapping[str, str] = field(repr=False)
    after: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    changed_parameters: tuple[PropertyChange, ...]
    changed_tags: tuple[PropertyChange, ...]
    notes: tuple[str, ...]


def read_template(stacks: Any, stack: str) -> Mapping[str, Any]:
    """The template of the last deployment; empty where something else than adaptgen wrote it."""
    said = attempt("GetTemplate", stacks.get_template, StackName=stack, TemplateStage="Original")
    body = said.get("TemplateBody") or {}
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = {}
    return body if isinstance(body, dict) else {}


def settle(plan: Plan, now: Mapping[str, Any] | None, previous: Mapping[str, Any]) -> Settled:
    """``now``: the stack that is there, as AWS describes it; ``previous``: its template.

    Raises:
        AdaptgenError: AG090 for parameters without a value.
    """
    template: dict[str, Any] = json.loads(plan.template)
    declared: Mapping[str, Any] = template.get("Parameters", {})
    then = {one["ParameterKey"]: one.get("ParameterValue", "") for one in (now or {}).get("Parameters", ())}
    digests = previous.get("Metadata", {}).get("adaptgen", {}).get("secrets", {})
    hidden = {name for known in (declared, previous.get("Parameters", {})) for name, one in known.items()
              if one.get("NoEcho")}  # fmt: skip
    named_then = {name: text for name, text in then.items() if name in hidden | OWN or not _follows_default(
        text, previous.get("Parameters", {}).get(name, {}), declared.get(name, {}))}  # fmt: skip
    arguments, after, kept = _parameters(plan, declared, named_then, digests, hidden)
    before = {name: secret_mark(digests.get(name, "kept")) if name in hidden else text for name, text in then.items()}
    if "Conditions" in template:
        check_parameters(template, {name: plan.parameters.get(name, "") if name in hidden else one
                                    for name, one in after.items()})  # fmt: skip
    token = ""
    if version_id(template):
        plain = {name: one for name, one in after.items() if name not in hidden}
        token = version_key(template, hashlib.sha256(plan.code).hexdigest(), plain, plan.stack, kept)
        template = with_version(template, token)
    if (
        EARLIER in declared
        and not OWN & plan.parameters.keys()
        and version_id(previous) not in ("", version_id(template))
    ):
        arguments = _remember_version(arguments, now or {}, then)
    _note_secrets(template, kept)
    tags, changed_tags = _tags(plan, now)
    return Settled(
        template=template,
        token=token,
        arguments=sorted(arguments, key=lambda one: str(one["ParameterKey"])),
        tags=tags,
        previous_template=previous,
        before=before,
        after=after,
        secrets=tuple(plan.parameters[name] for name in sorted(hidden & plan.parameters.keys())),
        changed_parameters=_changed(plan, declared, before, after, hidden, new=now is None),
        changed_tags=changed_tags,
        notes=tuple(_notes(plan, now)),
    )


def _follows_default(text: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a value is only the default of the last template (``old``), and the new template has another one: nobody
    named it, and it may be the path of a file that only the old bundle has."""
    return "Default" in old and "Default" in new and text == str(old["Default"]) != str(new["Default"])


def _remember_version(
    arguments: list[dict[str, Any]], now: Mapping[str, Any], then: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The arguments with the version that has all calls before those of :data:`EARLIER`: a rollback goes there."""
    outputs = {one["OutputKey"]: one.get("OutputValue", "") for one in now.get("Outputs", ())}
    newest = outputs.get("NewestVersionArn", "").rpartition(":")[2]
    if then.get(PINNED) or not newest.isdigit():
        return arguments
    known = [newest, *(one for one in then.get(EARLIER, "").split(",") if one and one != newest)]
    others = [one for one in arguments if one["ParameterKey"] != EARLIER]
    return [*others, {"ParameterKey": EARLIER, "ParameterValue": ",".join(known[:HISTORY])}]


def _parameters(
    plan: Plan, declared: Mapping[str, Any], then: Mapping[str, str], digests: Mapping[str, str], hidden: set[str]
) -> tuple[list[dict[str, Any]], dict[str, str], dict[str, str]]:
    """The parameters of the request, the value of each, and the digests of those that are secrets (``hidden``).
    ``then``: values of the last deployment that may be kept."""
    arguments: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    kept: dict[str, str] = {}
    missing = []
    for name, one in declared.items():
        digest = ""
        if name in plan.parameters:
            text = plan.parameters[name]
            arguments.append({"ParameterKey": name, "ParameterValue": text})
        elif (plan.keep or name in OWN) and name in then:
            text, digest = then[name], digests.get(name, "kept")
            if name in hidden or str(one.get("Default", "\0")) != text:
                arguments.append({"ParameterKey": name, "UsePreviousValue": True})
        elif "Default" in one:
            text = str(one["Default"])
        else:
            missing.append(name)
            continue
        after[name] = text
        if name in hidden:
            kept[name] = digest or (secret_digest(text, name, plan.stack) if text else "")
            after[name] = secret_mark(kept[name])
    if missing:
        help = " ".join(f"--parameter {name}=…" for name in missing)
        many = f"{len(missing)} parameter{'' if len(missing) == 1 else 's'}"
        raise error("AG090", f"{many} without a value", help=help)
    return arguments, after, kept


def _note_secrets(template: dict[str, Any], digests: Mapping[str, str]) -> None:
    """Write the digests of secrets into a template, in the place of those of another deployment."""
    metadata = template.get("Metadata", {})
    own = {key: one for key, one in metadata.get("adaptgen", {}).items() if key != "secrets"}
    if digests:
        own["secrets"] = dict(digests)
    if own or metadata:
        template["Metadata"] = {**metadata, "adaptgen": own}


def _changed(
    plan: Plan, declared: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str], hidden: set[str],
    *, new: bool,
) -> tuple[PropertyChange, ...]:  # fmt: skip
    """The parameters that change; of a new stack those that are named. One without a value of its own is removed: the
    template no longer has it, or it goes back to its default."""
    named = plan.parameters.keys()
    if new:
        return changed_texts({}, {name: one for name, one in after.items() if name in named - OWN}, hidden)
    told = []
    for one in changed_texts(before, after, hidden):
        name = one.path
        if name == EARLIER:
            continue  # a list that commands keep for themselves
        default = str(declared.get(name, {}).get("Default", ""))
        if name in before and name not in after:
            told.append(PropertyChange(name, one.before, None))
        elif name in before and name not in named:
            told.append(PropertyChange(name, one.before, HIDDEN if name in hidden else f"{default} (the default)"))
        elif name in before or name in named:
            told.append(one)
    return tuple(told)


def _tags(plan: Plan, now: Mapping[str, Any] | None) -> tuple[Mapping[str, str] | None, tuple[PropertyChange, ...]]:
    then = {one["Key"]: one["Value"] for one in (now or {}).get("Tags", ()) if not one["Key"].startswith("aws:")}
    tags = {**then, **plan.tags} if plan.keep else dict(plan.tags)
    # An empty list takes all tags away.
    return (tags if tags or then else None), changed_texts(then, tags)


def _notes(plan: Plan, now: Mapping[str, Any] | None) -> list[str]:
    found = []
    role = (now or {}).get("RoleARN")
    if role and not plan.role_arn and not plan.keep:
        found.append(f"CloudFormation keeps taking the role {role} that an earlier deployment named")
    then = {one["ParameterKey"]: one.get("ParameterValue", "") for one in (now or {}).get("Parameters", ())}
    pinned = then.get(PINNED)
    if pinned and PINNED not in plan.parameters:
        found.append(f"version {pinned} keeps its calls, and a new one has none: they were rolled back, or in a shift. "
                     f"adaptgen deploy of this stack alone moves them")  # fmt: skip
    protected = bool((now or {}).get("EnableTerminationProtection"))
    if plan.protect is not None and protected != plan.protect:
        found.append(f"protection against deletion: {'on' if plan.protect else 'off'}")
    return [*found, *plan.notes]
