"""How the CRM says no. Two formats, as its two generations of code have it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response


class CrmError(Exception):
    """Ends a request. ``fields``: field -> message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})

    def response(self, incident: int) -> Response:
        """The answer: 422 in the newer format, everything else in the old one."""
        if self.status == 422:
            errors = {field: [message] for field, message in self.fields.items()}
            return JSONResponse({"message": self.message, "errors": errors}, 422, self.headers)
        body = {
            "success": False,
            "errorCode": self.code,
            "errorMessage": self.message,
            "fieldErrors": [{"field": field, "message": message} for field, message in self.fields.items()],
            "incidentId": f"INC-{incident:08d}",
            "supportUrl": "https://support.example.com/crm",
        }
        return JSONResponse(body, self.status, self.headers)


def not_found(what: str, key: object) -> CrmError:
    return CrmError(404, "OBJ-0404", f"{what} {key} does not exist or has been archived.")


def invalid(message: str, fields: Mapping[str, str] | None = None) -> CrmError:
    return CrmError(400, "VAL-0400", message, fields)
