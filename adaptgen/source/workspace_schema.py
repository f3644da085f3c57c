"""The published JSON Schema of a fleet. ``python -m adaptgen.source.workspace_schema`` prints it."""

from __future__ import annotations

import json
import sys

from adaptgen.source.hints.json_schema import schema
from adaptgen.source.workspace import FLEET


def text() -> str:
    """The published file, ``docs/fleet.schema.json``."""
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A fleet of adaptgen",
        "description": "Many APIs, and what they share (specs/adaptgen.yaml)",
    }
    return json.dumps({**about, **schema(FLEET)}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
