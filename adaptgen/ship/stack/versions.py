"""The published version of a function, and the alias ``live`` that its doors call.

A version holds its code and its environment, and never changes. So a new one is published exactly when one of both
changes: :func:`version_key` says what they are, the version's logical id and the function's description carry it. Three
parameters say where calls go; ``adaptgen deploy`` and ``adaptgen rollback`` set them, so that the stack always says
what the alias does:

- ``PinnedVersion`` is empty, and the newest version has all calls; or it names the version that has them;
- ``NewVersionWeight``: with a pinned version, the share of calls (0 to 1) that goes to the newest all the same;
- ``EarlierVersions``: those that had all calls before, the latest first. A rollback goes to the first of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from adaptgen import __version__
from adaptgen.ship.stack.cloudformation import Json, Resources, given, if_, text_parameter

ALIAS = "FunctionAliaslive"
"""The logical id that SAM assigns to the alias ``live`` of the function ``Function``."""
LIVE = "live"
"""The name of that alias."""
PINNED, WEIGHT, EARLIER = "PinnedVersion", "NewVersionWeight", "EarlierVersions"
OWN = frozenset((PINNED, WEIGHT, EARLIER))
"""Parameters that the commands set themselves; nobody else names them."""
HISTORY = 10
"""How many earlier versions a stack remembers."""
_ELSEWHERE = OWN | {"CodeBucket"}
"""Parameters whose value a version does not hold: the bucket is only where its code comes from."""
_TYPE = "AWS::Lambda::Version"


def version_and_alias(key: str, sha256: str = "") -> Resources:
    """``key``: in hex, what the published version is; ``sha256``: of its code, which AWS checks when it publishes."""
    number = f"Version{key[:12]}"
    code = {"CodeSha256": base64.b64encode(bytes.fromhex(sha256)).decode()} if sha256 else {}
    newest = {"Fn::GetAtt": [number, "Version"]}
    weights = [{"FunctionVersion": newest, "FunctionWeight": {"Ref": WEIGHT}}]
    return {
        number: {
            "Type": _TYPE,
            # A rollback goes back to it; what a failed deployment published goes with it, for a version costs.
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "Function"}, **code},
        },
        ALIAS: {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": LIVE,
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": if_("IsPinned", {"Ref": PINNED}, newest),
                # An empty list takes weights away; a missing one would leave them as they are.
                "RoutingConfig": {"AdditionalVersionWeights": if_("IsShifting", weights, [])},
            },
        },
    }


def version_parameters() -> Resources:
    """Of the templates that :func:`version_and_alias` is in."""
    numbers = "(([1-9][0-9]*)(,[1-9][0-9]*)*)?"
    return {
        PINNED: {
            **text_parameter("Set by adaptgen: the version that has the calls; empty: the newest", ""),
            "AllowedPattern": "([1-9][0-9]*)?",
        },
        WEIGHT: {
            "Type": "Number",
            "Default": 0,
            "MinValue": 0,
            "MaxValue": 1,
            "Description": "Set by adaptgen: the share of calls that the newest version has while another is pinned",
        },
        EARLIER: {
            **text_parameter("Set by adaptgen: the versions that had all calls before, the latest first", ""),
            "AllowedPattern": numbers,
        },
    }


def version_conditions() -> Resources:
    """What the alias depends on."""
    weighted = {"Fn::Not": [{"Fn::Equals": [{"Ref": WEIGHT}, 0]}]}
    return {
        "IsPinned": given(PINNED),
        "IsShifting": {"Fn::And": [given(PINNED), weighted]},
        "HasEarlierVersions": given(EARLIER),
    }


def version_outputs(key: str, sha256: str, arch: str) -> Resources:
    """What an auditor asks: which artefact, made by which adaptgen, and which version has the calls."""
    return {
        "BundleSha256": {"Value": sha256, "Description": "The artefact; the object in the bucket is named by it"},
        "BundleArchitecture": {"Value": arch},
        "AdaptgenVersion": {"Value": __version__, "Description": "Of the adaptgen that made this template"},
        "NewestVersionArn": {"Value": {"Ref": f"Version{key[:12]}"}},
        PINNED: {"Condition": "IsPinned", "Value": {"Ref": PINNED}, "Description": "It has the calls"},
        WEIGHT: {"Condition": "IsShifting", "Value": {"Ref": WEIGHT}},
        EARLIER: {"Condition": "HasEarlierVersions", "Value": {"Ref": EARLIER}},
    }


def describe_version(name: str, key: str) -> str:
    """The description of the function, which its versions take over. With another key it is another text: AWS refuses
    to publish a version of a function that has not changed since its last one."""
    return f"adaptgen {__version__}: {name} ({key[:12]})"


# ---------------------------------------------------------------------------------------------- what a version holds


def version_key(
    template: Mapping[str, Json],
    sha256: str,
    values: Mapping[str, str],
    salt: str = "",
    digests: Mapping[str, str] = {},
) -> str:
    """In hex, what a version of ``template`` with the parameters ``values`` holds: the code and every value that
    reaches the function. A value that only an alarm or a table has does not count.

    A key is seen by everybody who sees the stack, and some values are secrets (``NoEcho``): these go through a function
    that is slow to reverse. ``salt``: the name of the stack. ``digests``: parameter -> :func:`secret_digest`, of
    secrets whose value only the stack knows.
    """
    parameters = template["Parameters"]
    held: dict[str, Json] = {}
    function = template["Resources"]["Function"]["Properties"]
    for name in sorted(_parameters_of(_without_description(function), template) - _ELSEWHERE):
        value = str(values.get(name, parameters[name].get("Default", "")))
        if name in digests:
            held[name] = digests[name]
        else:
            held[name] = secret_digest(value, name, salt) if parameters[name].get("NoEcho") and value else value
    properties = {key: one for key, one in _without_description(function).items() if key not in ("Code", "Tags")}
    text = json.dumps([sha256, properties, held], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_description(function: Mapping[str, Json]) -> dict[str, Json]:
    return {key: one for key, one in function.items() if key != "Description"}


def secret_digest(value: str, name: str, salt: str) -> str:
    """By which a later deployment sees whether the secret parameter ``name`` has another value. It is in the template,
    for those who may read that: slow to make, and another one for each stack (``salt``)."""
    return hashlib.scrypt(value.encode(), salt=f"{salt} {name}".encode(), n=2**14, r=8, p=1, dklen=32).hex()


def _parameters_of(part: Json, template: Mapping[str, Json]) -> set[str]:
    """The parameters that a part of a template depends on, by its conditions too."""
    found: set[str] = set()
    conditions: set[str] = set()
    left = [part]
    while left:
        for kind, name in _names_in(left.pop()):
            if kind == "condition" and name not in conditions:
                conditions.add(name)
                left.append(template.get("Conditions", {}).get(name))
            elif kind == "reference" and name in template["Parameters"]:
                found.add(name)
    return found


def _names_in(part: Json) -> Iterator[tuple[str, str]]:
    """What a part of a template names: ("condition", …) or ("reference", …)."""
    if isinstance(part, list):
        for one in part:
            yield from _names_in(one)
    elif isinstance(part, dict):
        for key, one in part.items():
            if key == "Ref" and isinstance(one, str):
                yield "reference", one
            elif key == "Condition" and isinstance(one, str):
                yield "condition", one
            elif key == "Fn::If":
                yield "condition", one[0]
                yield from _names_in(one[1:])
            elif key == "Fn::Sub":
                text, values = (one, {}) if isinstance(one, str) else one
                yield from (("reference", name.strip()) for name in _substituted(text) if name not in values)
                yield from _names_in(list(values.values()))
            else:
                yield from _names_in(one)


def _substituted(text: str) -> Iterator[str]:
    for part in text.split("${")[1:]:
        if not part.startswith("!"):
            yield part.partition("}")[0]


# -------------------------------------------------------------------------------------------------- reading a template


def version_id(template: Mapping[str, Json]) -> str:
    """The logical id of the version that a template publishes, "" where it publishes none."""
    return next((name for name, one in template.get("Resources", {}).items() if one.get("Type") == _TYPE), "")


def with_version(template: Mapping[str, Json], key: str) -> dict[str, Any]:
    """The template with another version: of the same code, for a stage with other values."""
    before, after = version_id(template), f"Version{key[:12]}"
    # The id of the version, and of the deployment of a REST API, which ends in it.
    text = json.dumps(template).replace(f'{before}"', f'{after}"')
    # The description ends in the key; so it is in templates that describe_version() is in.
    text = text.replace(f"({before.removeprefix('Version')})", f"({key[:12]})")
    found: dict[str, Any] = json.loads(text)
    return found
