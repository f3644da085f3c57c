"""Templates as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LIMIT = 51_200
"""Bytes of a template that CloudFormation takes without a bucket."""


def as_yaml(template: Mapping[str, Any]) -> str:
    """For people: in the order in which it was made, without anchors."""
    import yaml

    plain = json.loads(json.dumps(template))
    return str(yaml.safe_dump(plain, sort_keys=False, width=120, allow_unicode=True))


def as_json(template: Mapping[str, Any]) -> str:
    """For CloudFormation: as short as it can be."""
    return json.dumps(template, separators=(",", ":"))
