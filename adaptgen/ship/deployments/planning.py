"""The plan for a bundle: as its stage decides, or as the command line says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import did_you_mean, error
from adaptgen.ship.bundles.package import Bundle, code_zip
from adaptgen.ship.deployments.calls import failed
from adaptgen.ship.deployments.deployment import Plan
from adaptgen.ship.deployments.stages import Stage, find_stages, marked_secrets, parameter_values, read_stage
from adaptgen.ship.stack import agentcore, cloudformation, stack
from adaptgen.ship.stack.versions import OWN
from adaptgen.transports.load import load_server

BOUNDARY = "PermissionsBoundary"


def open_stage(what: Path, name: str, governance: Path | None = None) -> Stage:
    """The stage ``name`` of a generated server, or of the settings of a proxy. AG108 to AG110 for a wrong one."""
    is_file = not what.is_dir() and bool(what.suffix)
    server = (what.resolve().parent.name or "proxy") if is_file else load_server(what).name
    return read_stage(find_stages(what, governance), name, server)


def check_account(sts: Any, stage: Stage) -> None:
    """That the credentials are of the stage's account. AG110 where they are not, AG093 where AWS does not know them."""
    try:
        account = sts.get_caller_identity()["Account"]
    except Exception as problem:
        raise failed("GetCallerIdentity", problem) from None
    if account != stage.account:
        message = f"these credentials are of account {account}, and the stage {stage.name} is of {stage.account}"
        help = "take credentials of that account: --profile NAME, or AWS_PROFILE"
        raise error("AG110", message, stage.where("account"), help)


def plan_stage(bundle: Bundle, stage: Stage, environ: Mapping[str, str]) -> Plan:
    """The plan that ``stage`` decides alone. ``environ``: for its secrets. AG109 and AG110 for what does not fit."""
    plan = _plan(bundle, stage.stack, stage.bucket, stage.parameters)
    variables = stack.variables(bundle)
    template = cloudformation.hide(plan.template, marked_secrets(stage, variables))
    values = parameter_values(stage, variables, _known(template), environ)
    return Plan(
        plan.stack, template, values, plan.bucket, plan.key, plan.code,
        keep=False, tags=stage.tags, role_arn=stage.role_arn, account=stage.account, region=stage.region,
        protect=stage.protect,
    )  # fmt: skip


def plan_named(
    bundle: Bundle, name: str, bucket: str, given: Mapping[str, str], *, region: str = "", tags: Mapping[str, str] = {},
    role_arn: str = "", protect: bool | None = None,
) -> Plan:  # fmt: skip
    """The plan of a command line: what ``given`` does not name keeps its value. AG090 for an unknown parameter."""
    plan = _plan(bundle, name, bucket, given)
    known = _known(plan.template)
    variables = stack.variables(bundle)
    parameters = {"CodeBucket": bucket} if plan.code else {}
    for written, text in given.items():
        parameter = variables.get(written, written)
        if parameter not in known or parameter == "CodeBucket":
            names = ", ".join(sorted({*known} - {"CodeBucket"}))
            help = did_you_mean(written, [*known, *variables]) or f"--parameter NAME=VALUE; known: {names}"
            raise error("AG090", f"{written!r} is not a parameter", help=help)
        parameters[parameter] = text
    return Plan(
        plan.stack, plan.template, parameters, plan.bucket, plan.key, plan.code,
        tags=tags, role_arn=role_arn, region=region, protect=protect,
    )  # fmt: skip


def _known(template: str) -> dict[str, Any]:
    """The parameters that may be named: others are set by the commands themselves."""
    return {name: one for name, one in cloudformation.parameters_of(template).items() if name not in OWN}


def _plan(bundle: Bundle, name: str, bucket: str, given: Mapping[str, str]) -> Plan:
    if bundle.target.kind == "lambda":
        code = bundle.zip()
        sha256 = hashlib.sha256(code).hexdigest()
        template = stack.plain(bundle, sha256)
    elif "ImageUri" in given:
        code, sha256 = b"", ""
        template = agentcore.runtime(bundle)
    else:
        code = code_zip(bundle)
        sha256 = hashlib.sha256(code).hexdigest()
        template = agentcore.runtime(bundle, sha256)
    if "RuntimeName" in template["Parameters"]:  # two stages of one account are two runtimes
        template["Parameters"]["RuntimeName"]["Default"] = agentcore.runtime_name(name)
    return Plan(name, cloudformation.as_json(template), {}, bucket, stack.code_key(bundle, sha256), code)


def region_of(client: Any) -> str:
    """The region that a client asks, "" for one that calls nothing."""
    meta = getattr(client, "meta", None)
    return str(getattr(meta, "region_name", "") or "")
