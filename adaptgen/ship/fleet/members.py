"""Who belongs together: the proxies and servers of a folder that have a file for the stage.

specs/crm.yaml           its document; built into generated/crm
specs/crm/behind.yaml    its settings behind the proxy
specs/crm/stages/dev.yaml
specs/proxy/governance.yaml   mode: proxy; upstreams: {crm: …}
specs/proxy/stages/dev.yaml
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.govern.settings.load import read
from adaptgen.model.frozen import value
from adaptgen.output import lock
from adaptgen.ship.bundles.shipment import Deployable, read_deployable
from adaptgen.ship.deployments.stages import Stage, read_stage

_PROXY = "governance.yaml"


@value()
class Member:
    """One stack. ``name``: of the folder with its side files, which a proxy's ``upstreams`` use. ``what``: the folder
    of the generated server, or the settings of the proxy."""

    name: str
    what: Path
    stage: Stage
    deployable: Deployable

    @property
    def is_proxy(self) -> bool:
        return self.deployable.server is None


def find_members(where: Path, stage: str, generated: Path | None = None) -> tuple[Member, ...]:
    """The members of ``where``: a folder of documents, or the settings of one proxy, which brings the servers that its
    ``upstreams`` name. Proxies come last. ``generated``: the folder of built servers; default: next to the folder.

    Raises:
        AdaptgenError: AG116 where there is nothing to deploy, a server is not built, or members do not fit into one
            account; whatever is wrong with stage files and settings.
    """
    folder = where if where.is_dir() else where.parent.parent
    if not where.exists():
        raise error("AG116", "there is no such folder or file", Where(str(where)), "adaptgen deploy --all specs/")
    sides = [one for one in sorted(folder.iterdir()) if (one / "stages" / f"{stage}.yaml").is_file()]
    if not where.is_dir():
        wanted = {where.parent.name, *read(where).upstreams}
        sides = [one for one in sides if one.name in wanted]
    if not sides:
        known = sorted({path.stem for path in folder.glob("*/stages/*.yaml")})
        help = f"stages: {', '.join(known)}" if known else f"{folder.name}/NAME/stages/{stage}.yaml"
        raise error("AG116", f"no folder has a file for the stage {stage!r}", Where(str(folder)), help)
    built = _built(generated or folder.resolve().parent / "generated")
    members = sorted(_read(sides, stage, built, where), key=lambda one: (one.is_proxy, one.name))
    _check(members)
    return tuple(members)


def _built(generated: Path) -> Mapping[Path, Path]:
    """The folder of side files -> the folder of the server that was built with them."""
    found: dict[Path, Path] = {}
    for path in sorted(generated.glob(f"*/{lock.NAME}")):
        side = lock.side_folder(path.parent)
        if side is not None:
            found[side.resolve()] = path.parent
    return found


def _read(sides: Sequence[Path], stage: str, built: Mapping[Path, Path], where: Path) -> Iterator[Member]:
    errors: list[Diagnostic] = []
    for side in sides:
        try:
            yield _member(side, stage, built, where)
        except AdaptgenError as problem:
            errors += problem.diagnostics
    if errors:
        raise AdaptgenError(*errors)


def _member(side: Path, stage: str, built: Mapping[Path, Path], where: Path) -> Member:
    server = built.get(side.resolve())
    if server is not None:
        found = read_stage(side / "stages", stage, server.name)
        own = Path(found.governance) if found.governance else None
        deployable = read_deployable(_shown(server), own)
        return Member(side.name, _shown(server), replace(found, governance=str(own or "")), deployable)
    found = read_stage(side / "stages", stage, side.name)
    named = where if where.is_file() and where.parent == side else side / _PROXY
    settings = Path(found.governance) if found.governance else named
    if not settings.is_file() or read(settings).mode != "proxy":
        help = f"adaptgen build {side}.yaml" if side.with_suffix(".yaml").is_file() else "build it: adaptgen build"
        raise error("AG116", f"{side.name} has a stage file, and no server is built with this folder",
                    Where(str(side)), help)  # fmt: skip
    return Member(side.name, settings, found, read_deployable(settings))


def _shown(path: Path) -> Path:
    """Relative to where the command runs, if it lies below: as a person would name it."""
    whole, here = path.resolve(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def _check(members: Sequence[Member]) -> None:
    """One account and region, and a stack for each."""
    errors: list[Diagnostic] = []
    first = members[0].stage
    stacks: dict[str, str] = {}
    for one in members:
        stage = one.stage
        for key in ("account", "region"):
            if getattr(stage, key) != getattr(first, key):
                message = (
                    f"{one.name} is for {key} {getattr(stage, key)}, and {members[0].name} for {getattr(first, key)}"
                )
                help = "deploy them one by one: a proxy and its servers are deployed together in one account and region"
                errors.append(Diagnostic("AG116", message, stage.where(key), help))
        if stage.target != "lambda":
            message = f"{one.name} is for AgentCore Runtime, and members of a fleet are Lambda functions"
            help = "deploy it by itself, and write its URL into the stage file of the proxy"
            errors.append(Diagnostic("AG116", message, stage.where("target"), help))
        if stage.stack in stacks:
            message = f"{one.name} and {stacks[stage.stack]} have the same stack, {stage.stack}"
            errors.append(
                Diagnostic("AG116", message, Where(stage.file), "stack: another name, in one of their stages")
            )
        stacks[stage.stack] = one.name
    if errors:
        raise AdaptgenError(*errors)
