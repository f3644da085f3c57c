"""An entry merged into the configuration file of a client: everything else in the file stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adaptgen.clients import jsonc
from adaptgen.clients.catalog import Client
from adaptgen.clients.entry import Entry
from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.tables import Json
from adaptgen.output.write import write_file


@dataclass(frozen=True, slots=True)
class Edit:
    """``file`` as it is (``old``, None where it does not exist) and as it will be."""

    file: Path
    old: str | None
    new: str

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self.new != (self.old or "")

    def write(self) -> None:
        """Write the file whole, through a link if it is one; a new one is the user's alone.

        Raises:
            AdaptgenError: AG051, it cannot be written; it is what it was.
        """
        target = self.file.resolve()
        try:
            write_file(target, self.new.encode(), mode=None if self.old is not None else 0o600)
        except OSError as failure:
            reason = failure.strerror or type(failure).__name__
            raise error("AG051", f"the file cannot be written: {reason}", Where(str(self.file))) from failure


def add(file: Path, client: Client, name: str, entry: Entry) -> Edit:
    """The file with the entry under ``name``. An entry of the same server keeps what was added to it by hand: members
    that adaptgen does not write, and values of variables for which it has none.

    Raises:
        AdaptgenError: AG001, AG002 for a file that cannot be read; AG095 where the name is another server's.
    """
    old = _read(file)
    text = old or ""
    before = _get(file, text, (client.key, name))
    value = dict(entry.value)
    if before is not None:
        if not isinstance(before, dict) or not _same(before, value):
            help = "choose another name with --name, or take that entry out with --remove first"
            raise error("AG095", f"{client.title} has another server called {name!r}", Where(str(file)), help)
        value = _merged(before, value)
    if before != value:
        text = _put(file, text, (client.key, name), value)
    if entry.inputs:
        known = _get(file, text, ("inputs",))
        inputs = known if isinstance(known, list) else []
        ids = {one.get("id") for one in inputs if isinstance(one, dict)}
        if more := [dict(one) for one in entry.inputs if one["id"] not in ids]:
            text = _put(file, text, ("inputs",), [*inputs, *more])
    return Edit(file, old, text)


def remove(file: Path, client: Client, name: str) -> Edit:
    """The file without the entry under ``name``.

    Raises:
        AdaptgenError: AG001, AG002 for a file that cannot be read; AG095 where there is no such entry.
    """
    old = _read(file)
    servers = _get(file, old or "", (client.key,))
    if not isinstance(servers, dict) or name not in servers:
        known = ", ".join(sorted(servers)) if isinstance(servers, dict) and servers else "none"
        raise error("AG095", f"{client.title} has no server called {name!r}", Where(str(file)), f"its servers: {known}")
    return Edit(file, old, _checked(file, jsonc.drop(old or "", (client.key, name))))


def _merged(before: Mapping[str, Json], value: Mapping[str, Json]) -> dict[str, Json]:
    merged = {**before, **value}
    if isinstance(env := before.get("env"), dict):
        fresh = value.get("env", {})
        kept = {one: given for one, given in env.items() if given and (not fresh.get(one) or "${" in fresh[one])}
        merged["env"] = {**fresh, **kept}
    return merged


def _same(before: Mapping[str, Json], value: Mapping[str, Json]) -> bool:
    """Whether both start, or reach, one server."""
    if "url" in value or "url" in before:
        return before.get("url") == value.get("url")
    return _source(before) == _source(value) != ""


def _source(value: Mapping[str, Json]) -> str:
    """What ``adaptgen serve`` is given in an entry; "" where it runs something else."""
    args = value.get("args")
    if not isinstance(args, list) or "serve" not in args[:-1]:
        return ""
    return str(args[args.index("serve") + 1])


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise error("AG002", "the file is not UTF-8", Where(str(file)), "save it as UTF-8") from None
    except OSError as failure:
        raise error("AG001", f"the file cannot be read: {failure.strerror or failure}", Where(str(file))) from failure


def _get(file: Path, text: str, path: tuple[str, ...]) -> Json:
    try:
        return jsonc.get(text, path)
    except jsonc.NotJsonc as wrong:
        raise _fault(file, text, wrong) from None


def _put(file: Path, text: str, path: tuple[str, ...], value: Json) -> str:
    try:
        if text.strip() and "\n" not in text.strip():  # on one line: nobody wrote it by hand
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    except ValueError:
        pass  # one line with comments
    try:
        return _checked(file, jsonc.put(text, path, value))
    except jsonc.NotJsonc as wrong:
        raise _fault(file, text, wrong) from None


def _checked(file: Path, text: str) -> str:
    jsonc.parse(text)
    return text


def _fault(file: Path, text: str, wrong: jsonc.NotJsonc) -> AdaptgenError:
    line = text.count("\n", 0, wrong.at) + 1
    column = wrong.at - text.rfind("\n", 0, wrong.at)
    help = "correct it there, or print the entry and add it by hand: --dry-run"
    return error("AG002", f"it is not JSON with comments: {wrong}", Where(str(file), line, column), help)
