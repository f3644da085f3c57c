"""What goes wrong with AWS, without any value of the request or the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from adaptgen.model.frozen import lazy

_CODE: Final = lazy(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class AwsError(Exception):
    """AWS cannot be asked or refuses. The text names the service and the code; ``code`` is AWS's own, if it came, and
    ``status`` that of HTTP. ``item``: what a failed condition found in DynamoDB; it is never shown. ``region``: where a
    bucket of S3 is."""

    def __init__(
        self, text: str, code: str = "", status: int = 0, item: Mapping[str, Any] | None = None, region: str = ""
    ) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.item = item
        self.region = region


def failure(problem: Exception) -> str:
    """What a failed request is, without any value: AWS's code, or the type of the error."""
    if isinstance(problem, AwsError):
        return problem.code or str(problem)
    return type(problem).__name__


def clean_code(text: object) -> str:
    """The name of an error from what a service says: ``prefix#Name:url`` without the rest; "" where it has none."""
    name = str(text or "").rpartition("#")[2].partition(":")[0].strip()
    return name if _CODE.fullmatch(name) else ""


def tag_texts(xml: str, *names: str) -> dict[str, str]:
    """The texts of the elements of these names, the first of each, in a flat answer of S3 or STS. What they mean is
    known, so that no parser of XML is needed."""
    found = re.finditer(rf"<({'|'.join(names)})>([^<]*)</\1>", xml)
    import html  # 1 ms that only an error costs

    return {one[1]: html.unescape(one[2]).strip() for one in reversed(list(found))}
