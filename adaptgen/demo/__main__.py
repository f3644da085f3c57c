"""``python -m adaptgen.demo [--json]``: the story of the bundled CRM."""

from __future__ import annotations

import argparse
import sys

from adaptgen.demo.story import main

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m adaptgen.demo", description="The story of the bundled CRM.")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    sys.exit(main(as_json=parser.parse_args().json))
