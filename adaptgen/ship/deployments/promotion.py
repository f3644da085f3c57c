"""From one stage to the next: exactly the artefact that runs there, under the same hash. Nothing is built.

The template is that of the stack it comes from, so that what was tested and what is deployed differ in the parameters
of the stage alone. The bundle is read from one bucket and written to the other, perhaps of another account, and hashed
in between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from adaptgen.diagnostics import error
from adaptgen.model.frozen import value
from adaptgen.ship.deployments.calls import attempt
from adaptgen.ship.deployments.deployment import Plan
from adaptgen.ship.deployments.live import Versions
from adaptgen.ship.deployments.stack_state import StackState, read_stack
from adaptgen.ship.deployments.stages import Stage, marked_secrets, parameter_values
from adaptgen.ship.stack import cloudformation
from adaptgen.ship.stack.cloudformation import pascal
from adaptgen.ship.stack.versions import OWN

_FINISHED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
LARGEST = 262_144_000
"""Bytes of a bundle that Lambda takes; more is not read."""


@value()
class Artefact:
    """What runs in a stage. ``template``: of its stack; ``key``: of the bundle in its bucket, which names
    ``sha256``."""

    stack: str
    sha256: str
    arch: str
    key: str
    version: str
    adaptgen: str
    template: Mapping[str, Any] = field(repr=False)
    code: bytes = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables that are set by hand -> the parameter of each."""
        function = self.template["Resources"]["Function"]["Properties"]
        written = function.get("Environment", {}).get("Variables", {})
        return {name: pascal(name) for name in written if pascal(name) in self.template["Parameters"]}


def read_artefact(cloudformation: Any, lambdas: Any, s3: Any, stack: str) -> Artefact:
    """What runs in ``stack``: its template and its bundle, whose hash is checked.

    Raises:
        AdaptgenError: AG115, where the stack is not in a finished state, or stack, function and bucket do not say
            the same; AG093, where AWS refuses a call.
    """
    now = read_stack(cloudformation, stack)
    if now is None or not now.function:
        raise error("AG115", f"there is no stack {stack} with a function", help="deploy that stage first")
    _check_finished(now)
    template = _template(cloudformation, stack)
    sha256, arch = now.outputs.get("BundleSha256", ""), now.outputs.get("BundleArchitecture", "")
    code = template["Resources"].get("Function", {}).get("Properties", {}).get("Code", {})
    key = code.get("S3Key", "")
    if not sha256 or f"{sha256}.zip" != key.rpartition("/")[2]:
        raise error("AG115", f"the stack {stack} does not say which artefact it runs", help="deploy that stage again")
    _check_running(now, lambdas, sha256, arch)
    bucket = now.parameters.get("CodeBucket", "")
    data = _read(s3, bucket, key)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise error(
            "AG115",
            f"s3://{bucket}/{key} has the hash {found}, and not that of its name",
            help="somebody replaced it: find out who, and deploy that stage again",
        )
    version = now.pinned or now.newest
    return Artefact(stack, sha256, arch, key, version, now.outputs.get("AdaptgenVersion", ""), template, data)


def plan_promotion(artefact: Artefact, stage: Stage, environ: Mapping[str, str]) -> Plan:
    """The deployment of an artefact to another stage, which decides its parameters alone. AG109 and AG110 for what does
    not fit."""
    template = cloudformation.hide(cloudformation.as_json(artefact.template), marked_secrets(stage, artefact.variables))
    known = {name: one for name, one in cloudformation.parameters_of(template).items() if name not in OWN}
    values = parameter_values(stage, artefact.variables, known, environ)
    return Plan(
        stage.stack, template, values, stage.bucket, artefact.key, artefact.code,
        keep=False, tags=stage.tags, role_arn=stage.role_arn, account=stage.account, region=stage.region,
        protect=stage.protect,
    )  # fmt: skip


def check_architecture(artefact: Artefact, wanted: str, running: StackState | None) -> None:
    """AG115 where the stage wants, or its stack runs, another processor. ``wanted``: "" where the stage says none."""
    there = running.outputs.get("BundleArchitecture", "") if running is not None else ""
    for said, other in (("the stage says", wanted), (f"{running.name if running else ''} runs", there)):
        if other and other != artefact.arch:
            raise error(
                "AG115",
                f"{artefact.stack} runs on {artefact.arch}, and {said} {other}",
                help="deploy the same processor to both stages first",
            )


# --------------------------------------------------------------------------------------------------------------- inside


def _check_finished(now: StackState) -> None:
    if now.status not in _FINISHED:
        raise error("AG115", f"the stack {now.name} is {now.status}: what it runs is not what was deployed last",
                    help=f"adaptgen deploy --follow --stack {now.name}, then deploy it again")  # fmt: skip
    if now.weight > 0:
        raise error("AG115", f"{now.name} is between two versions: its shift was not finished",
                    help="deploy it again, or adaptgen rollback")  # fmt: skip
    if now.pinned:
        raise error("AG115", f"{now.name} was rolled back to version {now.pinned}: what it deployed last does not run",
                    help="deploy what it should run; then promote that")  # fmt: skip


def _check_running(now: StackState, lambdas: Any, sha256: str, arch: str) -> None:
    """What the alias calls is the artefact that the stack names."""
    versions = Versions(lambdas, now.function)
    live = versions.live()
    if live is None or live.weights or live.version != now.newest:
        raise error("AG115", f"{now.name}: {live or 'it has no alias live'}, and its stack says version {now.newest}",
                    help="adaptgen rollback, or deploy that stage again")  # fmt: skip
    running = next((one for one in versions.published() if one.number == live.version), None)
    if running is None or running.sha256 != sha256 or (running.arch and running.arch != arch):
        found = f"bundle {running.sha256} for {running.arch}" if running is not None else "nothing"
        raise error("AG115", f"{now.name} says bundle {sha256} for {arch}, and Lambda runs {found}",
                    help="somebody changed the function by hand; deploy that stage again")  # fmt: skip


def _template(client: Any, stack: str) -> dict[str, Any]:
    body = attempt("GetTemplate", client.get_template, StackName=stack, TemplateStage="Original")["TemplateBody"]
    try:
        # botocore reads JSON by itself, into mappings in the order of the text.
        found = json.loads(body if isinstance(body, str) else json.dumps(body))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not {"Resources", "Parameters"} <= found.keys():
        raise error("AG115", f"the template of {stack} was not made by adaptgen deploy", help="deploy that stage again")
    return found


def _read(s3: Any, bucket: str, key: str) -> bytes:
    said = attempt(f"GetObject in {bucket}", s3.get_object, Bucket=bucket, Key=key)
    data: bytes = attempt(f"GetObject in {bucket}", said["Body"].read, amt=LARGEST + 1)
    if len(data) > LARGEST:
        raise error("AG115", f"s3://{bucket}/{key} is larger than any bundle", help="deploy that stage again")
    return data
