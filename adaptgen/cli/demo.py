"""``adaptgen demo``: the story of the bundled CRM."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    """Hands over to the demo."""
    from adaptgen.demo.story import main

    return main(as_json=options.json)
