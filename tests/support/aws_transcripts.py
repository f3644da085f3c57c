"""What AWS is asked and answers, without a network: requests and answers are checked against botocore's own models."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
import httpx
from botocore import parsers, serialize
from botocore.awsrequest import HeadersDict
from botocore.validate import ParamValidator

from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.aws.sigv4 import AwsKeys


async def fixed_keys() -> AwsKeys:
    return AwsKeys("AKID", "secret")


class Transcript:
    """One service. Requests must come in the order in which :meth:`expect` says them, each signed."""

    def __init__(self, service: str, region: str = "eu-central-1") -> None:
        self._service = service
        self._region = region
        self._model = botocore.session.get_session().get_service_model(service)
        protocols = self._model.metadata.get("protocols", [self._model.metadata.get("protocol")])
        self._protocol = next(one for one in protocols if one in ("json", "rest-json"))
        self.sent: list[dict[str, Any]] = []
        self._expected: list[tuple[str, dict[str, Any] | None, httpx.Response]] = []

    def api(self, **options: Any) -> AwsApi:
        """What asks this service."""
        options.setdefault("attempts", 1)
        return AwsApi(self._service, self._region, keys=fixed_keys, transport=httpx.MockTransport(self), **options)

    def expect(self, operation: str, answer: dict[str, Any], request: dict[str, Any] | None = None) -> None:
        """``request``: its parameters as botocore calls them; None: it does not matter."""
        shape = self._model.operation_model(operation).output_shape
        report = ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
        headers, body = self._encoded(answer, shape)
        parser = parsers.create_parser(self._protocol)
        parsed = parser.parse({"status_code": 200, "headers": HeadersDict(headers), "body": body}, shape)
        parsed.pop("ResponseMetadata")
        assert parsed.keys() == answer.keys()
        self._add(operation, request, httpx.Response(200, headers=headers, stream=httpx.ByteStream(body)))

    def refuse(self, operation: str, code: str, text: str, status: int = 400) -> None:
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": text}).encode()
        self._add(operation, None, httpx.Response(status, stream=httpx.ByteStream(body)))

    def done(self) -> None:
        """Everything that was expected was asked."""
        assert not self._expected, [one[0] for one in self._expected]

    def _add(self, operation: str, request: dict[str, Any] | None, answer: httpx.Response) -> None:
        self._expected.append((operation, request, answer))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert self._expected, f"not expected: {request.method} {request.url}"
        operation, parameters, answer = self._expected.pop(0)
        model = self._model.operation_model(operation)
        assert f"/{self._region}/{self._model.signing_name}/aws4_request" in request.headers["authorization"]
        sent = json.loads(request.content) if request.content else {}
        self.sent.append(sent)
        if self._protocol == "json":
            assert request.headers["x-amz-target"] == f"{self._model.metadata['targetPrefix']}.{operation}"
            version = self._model.metadata["jsonVersion"]
            assert request.headers["content-type"] == f"application/x-amz-json-{version}"
        if parameters is None:
            return answer
        wanted = serialize.create_serializer(self._protocol).serialize_to_request(parameters, model)
        assert request.method == wanted["method"]
        assert request.url.raw_path.decode().partition("?")[0] == wanted["url_path"]
        assert dict(parse_qsl(request.url.query.decode())) == dict(wanted["query_string"])
        assert sent == (json.loads(wanted["body"]) if wanted["body"] else {})
        return answer

    def _encoded(self, answer: dict[str, Any], shape: Any) -> tuple[dict[str, str], bytes]:
        headers: dict[str, str] = {}
        body: dict[str, Any] = {}
        payload = shape.serialization.get("payload")
        for name, found in answer.items():
            member = shape.members[name]
            if member.serialization.get("location") == "header":
                headers[member.serialization["name"].lower()] = str(found)
            elif name != payload:
                body[member.serialization.get("name", name)] = found
        if payload:
            return headers, bytes(answer[payload])
        return headers, json.dumps(body, default=lambda one: base64.b64encode(one).decode()).encode()
