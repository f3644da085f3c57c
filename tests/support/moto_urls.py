"""What moto's CloudFormation lacks for several stacks that name each other, added inside of its process: Function URLs,
and that a permission is refused whose principal does not exist."""

from __future__ import annotations

import contextlib
from typing import Any

from moto.awslambda import models as functions
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import JsonRESTError
from moto.iam.models import iam_backends


class Url(CloudFormationModel):
    """``AWS::Lambda::Url``, on the URL of moto's Lambda. It stays the same as long as the resource is there."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Url"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in ("FunctionUrl", "FunctionArn")

    def get_cfn_attribute(self, attr: str) -> str:
        return self.url if attr == "FunctionUrl" else self.name

    @classmethod
    def create_from_cloudformation_json(  # type: ignore[misc]
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Url:
        said = cloudformation_json["Properties"]
        name = str(said["TargetFunctionArn"])
        backend = functions.lambda_backends[account_id][region_name]
        made = backend.create_function_url_config(name, {"AuthType": said["AuthType"]})
        return cls(name, f"{made.url}/")

    @classmethod
    def update_from_cloudformation_json(  # type: ignore[misc]
        cls, original_resource: Any, *_: Any, **__: Any
    ) -> Url:
        found: Url = original_resource
        return found

    def delete(self, account_id: str, region_name: str) -> None:
        # moto may have deleted the function before.
        with contextlib.suppress(functions.UnknownFunctionException):
            functions.lambda_backends[account_id][region_name].delete_function_url_config(self.name)


def install() -> None:
    """Once, before the server starts."""
    permission: Any = functions.Permission
    create = permission.create_from_cloudformation_json.__func__

    def checked(
        cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
    ) -> Any:
        principal = str(cloudformation_json["Properties"].get("Principal", ""))
        known = {role.arn for role in iam_backends[account_id]["aws"].roles.values()}
        if ":role/" in principal and principal not in known:
            raise JsonRESTError("InvalidParameterValueException", f"The provided principal was invalid: {principal}")
        return create(cls, resource_name, cloudformation_json, account_id, region_name, **more)

    permission.create_from_cloudformation_json = classmethod(checked)
