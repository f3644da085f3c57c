"""The parameters of a stack, for docs/deploy.md: ``python docs/stack_parameters.py``. Those that follow from one server
(its environment variables) and those that the commands set are left out."""

from __future__ import annotations

import textwrap
from pathlib import Path

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.shipment import read_deployable
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.stack import stack
from adaptgen.ship.stack.parameters import variables
from adaptgen.ship.stack.versions import OWN

ROOT = Path(__file__).parent.parent
WIDTH = 100
NAME, DEFAULT = 25, 20


def main() -> None:
    shipment = read_deployable(ROOT / "generated/crm", ROOT / "specs/crm/deployed.yaml")
    bundle = Bundle(shipment, Target(), "handler", {})
    own = {*OWN, *variables(bundle).values()}
    print(f"{'parameter':<{NAME}}default")
    for name, said in stack.plain(bundle, "0" * 64)["Parameters"].items():
        if name in own:
            continue
        default = str(said.get("Default", "(required)"))
        others = [str(one) for one in said.get("AllowedValues", ()) if str(one) != default]
        text = said.get("Description", "")
        if others and name != "LogRetentionDays" and not text.startswith(tuple(others)):
            text = f"or {', '.join(others)}. {text}".rstrip(". ")
        lines = textwrap.wrap(text, WIDTH - NAME - DEFAULT) or [""]
        if len(default) >= DEFAULT:
            lines.insert(0, "")
        for at, line in enumerate(lines):
            left = f"{name:<{NAME}}{default:<{DEFAULT}}" if at == 0 else " " * (NAME + DEFAULT)
            print(f"{left}{line}".rstrip())


if __name__ == "__main__":
    main()
