"""Clients that call nothing: each says what it was asked, and answers as a first deployment would be answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_SECRET = "(not shown)"  # noqa: S105
_SHOWN = frozenset({
    "Bucket", "Key", "StackName", "ChangeSetName", "ChangeSetType", "Capabilities", "ExpectedBucketOwner", "RoleARN",
    "RetainExceptOnCreate", "EnableTerminationProtection", "ChecksumAlgorithm",
})  # fmt: skip


class NotThere(Exception):
    """What AWS says of a thing that is not there."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.response = {"Error": {"Code": code, "Message": message}}


class RecordingClients:
    """A client of ``service``; ``say`` gets a line for each call. Any method of a client of boto3 can be called."""

    def __init__(self, service: str, say: Callable[[str], None], *, exists: bool = False) -> None:
        """``exists``: the stack is there, as it is when it is to be deleted."""
        self._service = service
        self._say = say
        self._exists = exists
        self._executed = False
        self._made = False

    def __getattr__(self, name: str) -> Callable[..., Mapping[str, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(**arguments: Any) -> Mapping[str, Any]:
            operation = "".join(part.capitalize() for part in name.split("_"))
            shown = " ".join(f"{key}={_text(key, value)}" for key, value in arguments.items())
            self._say(f"{self._service}:{operation} {shown}")
            return self._answer(name)

        return call

    def _answer(self, name: str) -> Mapping[str, Any]:
        match name:
            case "head_object":
                raise NotThere("404", "Not Found")
            case "describe_stacks" if not self._exists and not self._executed and not self._made:
                raise NotThere("ValidationError", "Stack does not exist")
            case "describe_stacks":
                status = "DELETE_COMPLETE" if self._executed and self._exists else "CREATE_COMPLETE"
                stack = {"StackStatus": status, "StackId": "(its id)", "StackName": "(its name)"}
                if not self._exists and not self._executed:
                    stack["StackStatus"] = "REVIEW_IN_PROGRESS"
                return {"Stacks": [stack]}
            case "create_change_set":
                self._made = True
                return {"Id": "(its id)", "StackId": "(its id)"}
            case "describe_change_set":
                change = {"Action": "Add", "LogicalResourceId": "", "ResourceType": ""}
                return {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": change}]}
            case "execute_change_set" | "delete_stack":
                self._executed = True
                return {}
            case "describe_stack_events":
                return {"StackEvents": []}
            case "get_template":
                return {"TemplateBody": {}}
            case "list_change_sets" | "list_stack_resources":
                return {}
        return {}


def _text(key: str, value: Any) -> str:
    if key == "Parameters":
        return ",".join(one["ParameterKey"] for one in value)
    if key == "Tags":
        return ",".join(f"{one['Key']}={one['Value']}" for one in value)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (bytes, str)) and key not in _SHOWN:
        return f"({len(value):,} bytes)" if key != "ChecksumSHA256" else "(sha256)"
    return str(value) if key in _SHOWN else _SECRET
