"""Generated modules read as data."""

from __future__ import annotations

from pathlib import Path

from adaptgen.compare import folders
from adaptgen.transports.load import load_server

CRM = Path(__file__).parents[3] / "generated" / "crm"


def test_a_generated_folder_reads_as_what_it_is_when_imported() -> None:
    """Constants of its modules (maps of sensitive fields, views, parameters) are part of its tables."""
    read = folders.read(CRM, "generated/crm")

    imported = load_server(CRM, overrides=False)

    assert {name: one.tool for name, one in read.tools.items()} == {tool.name: tool for tool in imported.tools}
