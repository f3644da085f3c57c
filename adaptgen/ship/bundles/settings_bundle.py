"""The settings of a bundle and the files that they name: as JSON, which is YAML too and needs no parser of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from adaptgen.diagnostics import Where, error
from adaptgen.govern.settings.load import plain
from adaptgen.govern.settings.model import Settings
from adaptgen.syntax.templates import references


def is_address(text: str) -> bool:
    """Whether ``text`` names something on the network (``s3://…``, ``appconfig://…``, ``https://…``)."""
    return "://" in text


def bundle_settings(settings: Settings, place: str) -> dict[str, bytes]:
    """The settings, as ``<name>.json``, and every file that they name, below ``place`` of the bundle: path -> content.
    AG090 for a file that lies outside the folder of the settings, or cannot be read."""
    path = Path(settings.path)
    found = {f"{path.stem}.json": as_json(path)}
    for name, text in settings.policies.items():
        found[_inside(name, settings, ("authorize", "policies"))] = text.encode()
    source = settings.switch.source
    if source and not is_address(source):
        found[_inside(source, settings, ("switch", "source"))] = as_json(path.parent / source)
    accepted = settings.accept.jwks if settings.accept is not None else None
    if isinstance(accepted, str) and not is_address(accepted) and not references(accepted):
        found[_inside(accepted, settings, ("accept", "jwks"))] = content_of(path.parent / accepted)
    for name, content in _hooks(settings, path.parent):
        found[name] = content
    return {os.path.normpath(f"{place}/{name}"): content for name, content in found.items()}


def as_json(path: Path) -> bytes:
    """The YAML or JSON of a file as JSON, in the order in which it was written."""
    value = plain(content_of(path), path.as_posix())
    return (json.dumps({} if value is None else value, ensure_ascii=False, indent=1) + "\n").encode()


def _inside(name: str, settings: Settings, at: tuple[str, ...]) -> str:
    clean = os.path.normpath(name)
    if clean.startswith("..") or os.path.isabs(clean):  # noqa: PTH117  (a name, not a path)
        help = "a bundle carries the folder of the settings: put the file into it"
        raise error("AG090", f"{name} lies outside the folder of the settings", settings.where(*at), help)
    return Path(clean).as_posix()


def _hooks(settings: Settings, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The modules of hooks next to the settings; others come with a package that is not a wheel of adaptgen."""
    for section, hooks in (("before", settings.before), ("after", settings.after)):
        for index, hook in enumerate(hooks):
            top = hook.call.partition(":")[0].partition(".")[0]
            files = [folder / f"{top}.py"] if (folder / f"{top}.py").is_file() else sorted((folder / top).rglob("*.py"))
            if not files:
                help = f"put {top}.py next to the settings"
                where = settings.where("hooks", section, index)
                raise error("AG090", f"the module {top!r} of a hook is not next to the settings", where, help)
            for file in files:
                yield file.relative_to(folder).as_posix(), file.read_bytes()


def content_of(path: Path) -> bytes:
    """The bytes of a file; AG090 where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as why:
        raise error("AG090", f"it cannot be read: {why.strerror}", Where(str(path))) from None
