"""``specs/<name>/stages/<stage>.yaml``: everything that makes a stage, in one file.

    adaptgen: 1
    account: "123456789012"
    region: eu-central-1
    bucket: crm-bundles
    parameters: {CRM_BASE_URL: https://crm.example, LogRetentionDays: 2557}

The file alone decides. ``Stage`` is the file as a value, :func:`read_stage` reads it, :func:`find_stages` says where it
is, and :func:`parameter_values` turns its parameters into those of a template. A proxy has its stages next to its
settings. ``docs/deploy.md`` shows every key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.json_schema import published
from adaptgen.config.types import (
    Dialect,
    Duration,
    Either,
    Flag,
    Key,
    KeyPath,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Table,
    Text,
    TextKind,
)
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, did_you_mean, error
from adaptgen.model.frozen import value
from adaptgen.output import lock
from adaptgen.pii.secret_formats import find_secrets
from adaptgen.ship.bundles.target import Kind
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

_UNKNOWN_KEY, _WRONG_VALUE, _DOES_NOT_FIT = "AG108", "AG109", "AG110"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")
"""Names of stages: what the parameter ``Stage`` of a template allows."""
_FROM_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]{0,127})\}")
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))

Scalar: TypeAlias = str | int | float | bool


@value()
class Step:
    """``weight`` percent of the calls go to the new version for ``seconds``."""

    weight: float
    seconds: float


@value()
class Shift:
    """How calls move to a new version: first ``weight`` percent of them, for ``seconds``, ``then`` in further steps, at
    last all of them. ``alarms``: those that are watched, by their names in the template; none: those of ``WATCHED``."""

    weight: float
    seconds: float
    then: tuple[Step, ...] = ()
    alarms: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (Step(self.weight, self.seconds), *self.then)


@value()
class Stage:
    """One stage. ``file``: as a person names it. ``parameters``: as they are written, each a text; a value may be
    ``${env:NAME}``. ``governance`` ("" for that of the server) is relative to the working folder. ``arch``: "" for the
    default. ``protect``: whether AWS refuses to delete the stack; None leaves it as it is. ``where``: the place of a
    key path in the file."""

    name: str
    file: str
    account: str
    region: str
    bucket: str
    stack: str
    role_arn: str = ""
    profile: str = ""
    permissions_boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    shift: Shift | None = None
    keep_versions: int = 3
    governance: str = ""
    target: Kind = "lambda"
    arch: Literal["", "arm64", "x86_64"] = ""
    protect: bool | None = None
    where: Callable[..., Where] = field(default=lambda *keys: Where(""), repr=False, compare=False)


def _check_line(checker: Checker, value: str, at: KeyPath) -> None:
    if any(unicodedata.category(one) in _UNSEEN for one in value):
        checker.report(f"{dotted(at)} has a character that cannot be seen", at, "write plain text in one line")


def _check_parameter(checker: Checker, value: str, at: KeyPath) -> None:
    """A value that people may read: the file is in the repository."""
    _check_line(checker, value, at)
    if find_secrets(value):
        name = at[1] if len(at) > 1 else "NAME"
        checker.report(f"{dotted(at)} holds a secret", at, _hide(str(name)))


def _check_tag(checker: Checker, value: str, at: KeyPath) -> None:
    _check_line(checker, value, at)
    if value.lower().startswith("aws:"):
        checker.report(f"{dotted(at)}: AWS keeps names that begin with aws: for itself", at, "choose another name")


def _hide(name: str) -> str:
    return (
        f'keep it in Secrets Manager and refer to it in hints or settings ("${{secret:name#key}}"), or write '
        f'{name}: "${{env:{name}}}" and set the variable where you deploy'
    )


_KINDS = {
    "text": TextKind(filled=False, most=4096, check=_check_parameter),
    "line": TextKind(most=256, check=_check_line),
    "file": TextKind(most=1000, check=_check_line),
    "account": TextKind(r"^[0-9]{12}$", "an account of 12 digits", help='in quotes: "123456789012"'),
    "region": TextKind(r"^[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$", "a region such as eu-central-1"),
    "bucket": TextKind(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "the name of a bucket, without s3://"),
    "stack": TextKind(r"^[A-Za-z][A-Za-z0-9-]{0,127}$", "a name of letters, digits and -, which begins with a letter"),
    "role": TextKind(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$",
        "the ARN of a role", help="arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "policy": TextKind(
        r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]{1,512}$",
        "the ARN of a policy", help="arn:aws:iam::ACCOUNT:policy/NAME",
    ),
    "parameter": TextKind(r"^[A-Za-z_][A-Za-z0-9_]{0,254}$", "a parameter, or an environment variable"),
    "tag": TextKind(r"^[\w .:/=+@-]{1,128}$", "a tag of letters, digits, spaces and _ . : / = + - @", check=_check_tag),
    "tag value": TextKind(r"^[\w .:/=+@-]{0,256}$", "a text of letters, digits, spaces and _ . : / = + - @",
                          filled=False, check=_check_line),
}  # fmt: skip
DIALECT = Dialect(_KINDS, _WRONG_VALUE, _UNKNOWN_KEY, duration_bounds=True)

_STEP = {
    "weight": Key(Number(1, 99, whole=False), "The share of calls that go to the new version, in percent",
                  required=True),
    "for": Key(Duration(1, 10800), "How long alarms are watched, before the next step", required=True, to="seconds"),
}  # fmt: skip
_SHIFT = Table({
    **_STEP,
    "then": Key(ListOf(Table(_STEP, make=Step)), "Further steps, each with a larger share; the last one is all calls"),
    "alarms": Key(ListOf(Text("parameter")), "The alarms of the template that take the calls back; default: "
                  "ErrorAlarm, FailedAlarm, SlowAlarm, StateAlarm and ThrottleAlarm"),
}, make=Shift)  # fmt: skip
_VALUE = Either((Text(), Flag(), Number(whole=False), ListOf(Text())))
STAGE = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file", required=True, to=""),
    "account": Key(Text("account"), "The AWS account, in quotes; checked before anything is done", required=True),
    "region": Key(Text("region"), "The region of the stack and of the bucket", required=True),
    "bucket": Key(Text("bucket"), "Where bundles and large templates go, in that region", required=True),
    "stack": Key(Text("stack"), "The name of the stack; default: the name of the server or proxy, -, the stage"),
    "role_arn": Key(Text("role"), "The role that CloudFormation takes; default: the rights of the one who deploys"),
    "profile": Key(Text("line"), "The profile of the AWS configuration; default: what the environment says"),
    "permissions_boundary": Key(Text("policy"), "The boundary of the roles that the stack makes"),
    "tags": Key(MapOf(Text("tag value"), key="tag"), "Tags of the stack and of all that it makes"),
    "parameters": Key(MapOf(_VALUE, key="parameter"),
                      "Parameters of the template, or environment variables; what is not here has its default"),
    "shift": Key(_SHIFT, "How calls move to a new version; default: all at once"),
    "keep_versions": Key(Number(1, 100), "How many versions stay, for a rollback; default: 3"),
    "governance": Key(Text("file"), "Other settings than the server's own, relative to this file"),
    "target": Key(OneOf(("lambda", "agentcore")), "Where it runs; default: lambda"),
    "arch": Key(OneOf(("x86_64", "arm64")), "The processor; default: x86_64, and arm64 for agentcore"),
    "protect": Key(Flag(), "AWS refuses to delete the stack until this is false"),
})  # fmt: skip
"""What one file may say."""


def schema_text() -> str:
    """The published file, ``docs/stages.schema.json``."""
    about = "One stage of a server or proxy (specs/<name>/stages/<stage>.yaml)"
    return published(STAGE, DIALECT, "A stage for adaptgen deploy", about)


def find_stages(what: Path, governance: Path | None = None) -> Path:
    """The folder of the stages of ``what``: a generated server, or the settings of a proxy. A server has them next to
    its hints; where its lock does not name these, next to the settings ``governance``.

    Raises:
        AdaptgenError: AG110, where neither is known.
    """
    if not what.is_dir() and what.suffix:
        return what.parent / "stages"
    side = lock.side_folder(what)
    if side is None and governance is not None:
        side = governance.parent
    if side is None:
        help = "build it again, so that its lock names its document, or pass --governance FILE"
        raise error(_DOES_NOT_FIT, "its lock does not say where its stages are", Where(str(what)), help)
    return _shown(side) / "stages"


def read_stage(folder: Path, name: str, server: str) -> Stage:
    """The stage ``name`` of the folder that :func:`find_stages` returns. ``server``: the name of what is deployed.

    Raises:
        AdaptgenError: AG110 for a name of no stage; AG001 to AG005 and AG108 to AG110 for every error of the file at
            once, each with its place.
    """
    if not _NAME.fullmatch(name):
        help = "a small letter, then small letters, digits and -, 16 at most"
        raise error(_DOES_NOT_FIT, f"{name!r} cannot be the name of a stage", help=help)
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(one.stem for one in folder.glob("*.yaml")) if folder.is_dir() else []
        help = did_you_mean(name, known) or (f"stages: {', '.join(known)}" if known else "docs/deploy.md shows one")
        raise error(_DOES_NOT_FIT, f"there is no stage {name!r}", Where(str(path)), help)
    shown = path.as_posix()
    parsed = parse(read_file(path, shown), shown, strict=True)
    raw = {} if parsed.value is None else parsed.value
    checker = Checker(SourceMap(shown, parsed.syntax, path).where, DIALECT)
    found = checker.read(raw, STAGE, ())
    if not checker.errors:
        _check(found, checker, name)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    found["parameters"] = {key: _as_text(one) for key, one in found.get("parameters", {}).items()}
    if found.get("governance"):
        found["governance"] = _shown(folder / found["governance"]).as_posix()
    default = f"{re.sub(r'[^A-Za-z0-9-]', '-', server)}-{name}"
    return Stage(name, shown, where=checker.where, **{"stack": default, **found})


def _check(found: Mapping[str, Any], checker: Checker, name: str) -> None:
    """What the table cannot say."""
    account = found["account"]
    for key in ("role_arn", "permissions_boundary"):
        owner = found.get(key, "").split(":")[4:5]
        if owner and owner[0] not in (account, "aws"):
            message = f"{key} is of account {owner[0]}, and this stage of {account}"
            checker.report(message, (key,), "name one of the same account")
    shares = [one.weight for one in found["shift"].steps] if found.get("shift") else []
    if shares != sorted(set(shares)):
        checker.report("shift: each step has a larger share than the one before", ("shift", "then"), "order them")
    if shares and found.get("target") == "agentcore":
        message = "calls do not move step by step on AgentCore Runtime"
        checker.report(message, ("shift",), "leave shift out, or deploy to target: lambda", _DOES_NOT_FIT)
    if len(found.get("tags", {})) > 50:
        checker.report("AWS takes 50 tags at most", ("tags",), "leave some out")
    for key, one in found.get("parameters", {}).items():
        at = ("parameters", key)
        if isinstance(one, (tuple, list)) and any("," in item for item in one):
            checker.report(f"{dotted(at)}: an item of a list cannot hold a comma", at, "divide it into two items")
        elif key == "Stage" and one != name:
            checker.report(f"Stage is {name!r}, as the file is named", at, "leave it out, or rename the file")
        elif len(_as_text(one).encode()) > 4096:
            checker.report(f"{dotted(at)} has more than 4,096 bytes", at, "AWS takes no longer ones")
        elif isinstance(one, str) and "${" in one and not _FROM_ENVIRONMENT.fullmatch(one):
            help = 'write "${env:NAME}" alone, for a secret; everything else as it is'
            checker.report(f"{dotted(at)}: only a whole value can come from the environment", at, help)


def _as_text(one: Scalar | Sequence[str]) -> str:
    """A value as CloudFormation takes it."""
    if isinstance(one, bool):
        return "true" if one else "false"
    if isinstance(one, float):
        return f"{one:.15g}"
    return str(one) if isinstance(one, (str, int)) else ",".join(one)


def _shown(path: Path) -> Path:
    """Relative to where the command runs, if it lies below: as a person would name it."""
    whole, here = path.resolve(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


# ------------------------------------------------------------------------------------------------------- its parameters


def parameter_values(
    stage: Stage, variables: Mapping[str, str], known: Mapping[str, Any], environ: Mapping[str, str]
) -> dict[str, str]:
    """The parameters of a template as ``stage`` decides: name -> value; those with a default may be missing.

    ``variables``: environment variable -> its parameter. ``known``: the template's ``Parameters``. The parameter
    ``Stage`` is the stage's own name and ``CodeBucket`` its bucket. A value of ``NoEcho`` must be ``${env:NAME}``:
    stage files are in the repository. Every variable may be, and is a secret then (:func:`marked_secrets`).

    Raises:
        AdaptgenError: AG109 and AG110, every error at once with its place.
    """
    decided = {"Stage": stage.name, "CodeBucket": stage.bucket, "PermissionsBoundary": stage.permissions_boundary}
    found = {name: one for name, one in decided.items() if one and name in known}
    errors: list[Diagnostic] = []
    for written, given in stage.parameters.items():
        where = stage.where("parameters", written)
        name = variables.get(written, written)
        if name not in known:
            help = (
                did_you_mean(written, [*known, *variables]) or f"known: {', '.join(sorted({*known} - {'CodeBucket'}))}"
            )
            errors.append(Diagnostic(_DOES_NOT_FIT, f"{written!r} is not a parameter", where, help))
            continue
        if name in found and found[name] != given:
            message = f"{written} is given twice, or decided by the stage"
            errors.append(Diagnostic(_DOES_NOT_FIT, message, where, "leave it out"))
            continue
        problem, text = _resolve(written, given, known[name], name in variables.values(), environ, where)
        if problem is None:
            problem = _misfit(written, text, known[name], where)
        if problem is not None:
            errors.append(problem)
        found[name] = text
    by_parameter = {parameter: name for name, parameter in variables.items()}
    for name, one in known.items():
        if "Default" not in one and name not in found:
            written = by_parameter.get(name, name)
            line = f'{written}: "${{env:{written}}}"' if one.get("NoEcho") else f"{written}: …"
            message = f"{written} has no value, and no default"
            errors.append(Diagnostic(_DOES_NOT_FIT, message, stage.where("parameters"), f"parameters: {{{line}}}"))
    if errors:
        raise AdaptgenError(*errors)
    return found


def marked_secrets(stage: Stage, variables: Mapping[str, str]) -> frozenset[str]:
    """The parameters of variables that ``stage`` takes from the environment: that makes them secrets."""
    given = {variables.get(written, written) for written, one in stage.parameters.items()
             if _FROM_ENVIRONMENT.fullmatch(one)}  # fmt: skip
    return frozenset(given & {*variables.values()})


def _resolve(
    written: str, given: str, known: Mapping[str, Any], is_variable: bool, environ: Mapping[str, str], where: Where
) -> tuple[Diagnostic | None, str]:
    """What is wrong, and the value. Only secrets come from the environment, which variables alone can be: the file
    decides all others."""
    match = _FROM_ENVIRONMENT.fullmatch(given)
    secret = bool(known.get("NoEcho"))
    if match is None:
        wrong = Diagnostic(_WRONG_VALUE, f"{written} is a secret, and the file is in the repository", where,
                           _hide(written))  # fmt: skip
        return (wrong if secret and given else None), given
    if not secret and not is_variable:
        message = f"{written} is a parameter of the template, and the stage file decides it, not the environment"
        help = 'write its value; "${env:NAME}" is for variables of the server that are secrets'
        return Diagnostic(_WRONG_VALUE, message, where, help), ""
    text = environ.get(match[1], "")
    if not text:
        message = f"the environment variable {match[1]} is not set, and {written} comes from it"
        return Diagnostic(_DOES_NOT_FIT, message, where, f"export {match[1]}=…"), ""
    return None, text


def _misfit(written: str, text: str, known: Mapping[str, Any], where: Where) -> Diagnostic | None:
    """What the template does not allow, said before AWS does."""
    allowed = [str(one) for one in known.get("AllowedValues", ())]
    shown = "the value" if known.get("NoEcho") else repr(text)
    wanted = ""
    if allowed and text not in allowed:
        wanted = f"one of {', '.join(allowed)}"
    elif known.get("AllowedPattern") and not re.fullmatch(known["AllowedPattern"], text):
        wanted = known.get("ConstraintDescription") or f"as {known['AllowedPattern']}"
    elif known.get("Type") == "Number":
        try:
            number = float(text)
        except ValueError:
            number, wanted = 0.0, "a number"
        least, most = known.get("MinValue"), known.get("MaxValue")
        if not wanted and least is not None and number < least:
            wanted = f"at least {least}"
        elif not wanted and most is not None and number > most:
            wanted = f"at most {most}"
    return Diagnostic(_WRONG_VALUE, f"{written} must be {wanted}, not {shown}", where, "correct it") if wanted else None
