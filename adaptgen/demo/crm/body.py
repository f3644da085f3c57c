"""Request bodies of the CRM."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from adaptgen.demo.crm.errors import CrmError


async def body_of(request: Request) -> Any:
    """The JSON body of a request.

    Raises:
        CrmError: 400 where it is not JSON.
    """
    try:
        return json.loads(await request.body())
    except ValueError as problem:
        raise CrmError(400, "VAL-0001", "The request body is not valid JSON.") from problem
