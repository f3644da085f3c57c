"""Which arguments of a tool are classified, those inside of ``where`` too. A server needs this when it starts, and none
of what answers questions."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.model.tables import Tool
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import escape


def argument_kinds(tool: Tool) -> Mapping[str, str]:
    """The classified arguments of a tool, with those inside of ``where``: JSON Pointer -> kind, one for each way to
    write the path of a classified field (with ``[*]`` and without)."""
    if tool.page is None or not tool.sensitive:
        return tool.sensitive_arguments
    found: dict[str, str] = {}
    for path, kind in tool.sensitive.items():
        if kind == "secret":
            continue
        try:
            segments = fields.parse(path)
        except fields.PathError:
            segments = (path,)
        bare = [one for one in segments if isinstance(one, str)]
        for written in {path, fields.text(segments), fields.text(bare), ".".join(bare)}:
            found["/where/" + escape(written)] = kind
    return {**dict(sorted(found.items())), **tool.sensitive_arguments}
