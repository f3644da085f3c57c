"""``adaptgen policy``: check policies, print the schema they are written against, and their form for AgentCore."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen import cedar_schema as cedar
from adaptgen.cli import terminal
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import value
from adaptgen.model.plan import Plan
from adaptgen.text.files import suggest

if TYPE_CHECKING:
    from adaptgen.govern.authorization.authorizer import Default
    from adaptgen.govern.authorization.policies import Policy
    from adaptgen.govern.settings.model import Claims, Settings

SETTINGS, POLICIES = "governance.yaml", "policies"
_NAME = re.compile(r"[^A-Za-z0-9_]+")


@value()
class PolicySource:
    """Policies as they are written: path -> text. ``settings``: those that name them, where they are known."""

    files: Mapping[str, str]
    settings: Settings | None = field(default=None)

    @property
    def caller(self) -> Claims | None:
        """Which claim holds what of a caller."""
        rules = self.settings.authenticate if self.settings is not None else None
        return rules.caller if rules is not None else None

    @property
    def keep(self) -> tuple[str, ...]:
        """The claims that the policies may read."""
        return self.caller.keep if self.caller is not None else ()

    @property
    def default(self) -> Default:
        """What needs no policy."""
        rules = self.settings.authorize if self.settings is not None else None
        return rules.default if rules is not None else "none"


def check_policies(side: Path, actions: Callable[[], Iterable[cedar.Action]]) -> list[Diagnostic]:
    """Validate the policies next to a document (``specs/crm/``), where there are any: warnings and notes; one
    AdaptgenError for all that is wrong."""
    found = read_folder_policies(side)
    if found is None or not found.files:
        return []
    if find_spec("cedarpy") is None:
        help = "pip install adaptgen"
        message = "the policies were not validated: cedarpy is not installed"
        return [Diagnostic("AG072", message, Where(str(side)), help, "warning")]
    from adaptgen.govern.authorization import policies

    known = tuple(actions())
    warnings = _find_warnings(policies.validated(found.files, known, found.keep), known, found.settings)
    return warnings + [
        Diagnostic(
            "AG072",
            f"the policies name {before}, which is now {now}: they also apply to {now}",
            Where(path),
            f"write {now}",
            "note",
        )
        for path, before, now in policies.follows(found.files, known)
    ]


def _find_warnings(
    read: Sequence[Policy], actions: Sequence[cedar.Action], settings: Settings | None
) -> list[Diagnostic]:
    from adaptgen.govern.authorization.permit_terms import find_approvers_missing
    from adaptgen.govern.authorization.unmatched import find_unmatched

    missing = find_approvers_missing(read)
    return [*([missing] if missing is not None else []), *find_unmatched(read, actions, settings)]


def _settings_beside(source: Path) -> Settings | None:
    """The settings next to policies, where they can be read."""
    from adaptgen.govern.settings.load import read

    beside = source.parent / SETTINGS
    try:
        return read(beside) if beside.is_file() else None
    except AdaptgenError:
        return None


def read_folder_policies(side: Path) -> PolicySource | None:
    """The policies of the settings in a folder, or of its folder of policies; None where it has neither."""
    if (side / SETTINGS).is_file():
        return read_policies(side / SETTINGS)
    return read_policies(side / POLICIES) if (side / POLICIES).is_dir() else None


def read_policies(source: Path) -> PolicySource:
    """The policies of governance settings (with their errors), of a folder or of one file; AG072 where nothing is
    there."""
    if source.suffix not in (".yaml", ".yml", ".json"):
        return PolicySource(_files(source))
    from adaptgen.govern.settings.load import read

    settings = read(source)
    files = {(source.parent / path).as_posix(): text for path, text in settings.policies.items()}
    return PolicySource(files, settings)


def planned_actions(plan: Plan) -> list[cedar.Action]:
    """The actions of a server that was just planned."""
    return [
        cedar.tool_action(plan.server.name, tool, module.contracts[tool.name])
        for module in plan.modules
        for tool in module.tools
    ] + [cedar.tool_action(plan.server.name, tool, contract) for tool, contract in plan.added]


def folder_actions(folder: Path) -> list[cedar.Action]:
    """The actions of a generated server; AG061 where it cannot be loaded."""
    from adaptgen.runtime.contracts import load
    from adaptgen.transports.load import load_server

    server = load_server(folder)
    contracts = load(server)
    return [cedar.tool_action(server.name, tool, contracts[tool.name]) for tool in server.tools]


def _files(source: Path) -> dict[str, str]:
    from adaptgen.govern.settings.remote_files import SUFFIX, policy_text

    files = sorted(source.rglob(f"*{SUFFIX}")) if source.is_dir() else [source]
    try:
        found = {file.as_posix(): policy_text(file.read_bytes()) for file in files if file.is_file()}
    except (OSError, UnicodeError) as problem:
        raise error("AG072", f"the policies cannot be read: {problem}", Where(str(source))) from None
    if not found:
        if not source.exists():
            raise error("AG072", "there is no such file or folder", Where(str(source)), suggest(source))
        help = "name a *.cedar file, or a folder with some; adaptgen govern init writes two to begin with"
        raise error("AG072", "there are no policies", Where(str(source)), help)
    return found


def _served_by(source: Path) -> list[Path]:
    """The servers below ``generated/`` that were built with the settings, or with the folder that holds the policies;
    AG061 without any."""
    from adaptgen.output import lock

    wanted = {one.resolve() for one in (source, source.parent / SETTINGS)}
    found: list[Path] = []
    for folder in sorted(path.parent for path in Path("generated").glob(f"*/{lock.NAME}")):
        known = lock.read(folder)
        refers = known.options.get("governance") if known else None
        here = isinstance(refers, str) and (folder / refers).resolve() in wanted
        if here or folder.name == source.resolve().parent.name:
            found.append(folder)
    if not found:
        help = f"build it first: adaptgen build; or name them: adaptgen policy check {source} generated/…"
        raise error("AG061", "no generated server belongs to these policies", Where(str(source)), help)
    return found


def _all_actions(folders: Iterable[Path]) -> list[cedar.Action]:
    return [action for folder in folders for action in folder_actions(folder)]


def check(options: SimpleNamespace) -> int:
    from adaptgen.govern.authorization import policies

    found = read_policies(options.policies)
    actions = _all_actions(options.folders or _served_by(options.policies))
    read = policies.validated(found.files, actions, found.keep)
    terminal.diagnostics(_find_warnings(read, actions, found.settings or _settings_beside(options.policies)))
    if options.json:
        listed = [{"id": one.id, "effect": one.body["effect"], "where": str(one.where)} for one in read]
        terminal.say_json({"policies": listed, "tools": [one.id for one in actions]})
        return 0
    many = terminal.count(len(read), "policy", "policies")
    terminal.say(f"{many} checked against {terminal.count(len(actions), 'tool')}")
    return 0


def schema(options: SimpleNamespace) -> int:
    keep = read_policies(options.governance).keep if options.governance else ()
    make = cedar.schema_json if options.json else cedar.schema_text
    sys.stdout.write(make(_all_actions(options.folders), keep))
    return 0


def agentcore(options: SimpleNamespace) -> int:
    from adaptgen.govern.authorization import agentcore, policies
    from adaptgen.govern.settings.model import Claims

    found = read_policies(options.policies)
    actions = folder_actions(options.folder)
    read = policies.validated(found.files, actions, found.keep)
    server = actions[0].server if actions else options.folder.name
    gateway = agentcore.Gateway(
        arn=options.gateway_arn,
        server=server,
        target=options.target or server,
        actions=actions,
        claims=found.caller or Claims(groups="groups"),
    )
    statements = agentcore.render(read, gateway, found.default)
    if options.json:
        listed = [{"name": _NAME.sub("_", one.id), "statement": one.text} for one in statements]
        terminal.say(json.dumps(listed, indent=2))
    else:
        sys.stdout.write("\n".join(f"// {one.id}\n{one.text}" for one in statements))
    return 0
