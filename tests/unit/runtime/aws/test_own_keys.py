"""The keys of a process: where AWS puts them, asked as AWS's documents say, renewed in time, once for everyone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.aws.own_keys import OwnKeys
from adaptgen.runtime.aws.sigv4 import AwsKeys

pytestmark = pytest.mark.asyncio

NO_FILES = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
START = 1_800_000_000.0


def keys_json(name: str, ends: float) -> httpx.Response:
    moment = datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return httpx.Response(
        200, json={"AccessKeyId": name, "SecretAccessKey": "s3cret", "Token": "t0ken", "Expiration": moment}
    )


class Place:
    """Whoever has the keys. ``now``: the time of the process that asks."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], **environ: str) -> None:
        self.now = START
        self.asked: list[httpx.Request] = []
        self._answer = answer
        self.keys = OwnKeys(
            {**NO_FILES, **environ}, clock=lambda: self.now, transport=httpx.MockTransport(self._network)
        )

    async def _network(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(0)
        return self._answer(request)


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"asked {request.url}")


async def test_a_container_is_asked_once_and_renewed_before_the_end() -> None:
    place = Place(
        lambda request: keys_json(f"K{len(place.asked)}", place.now + 3600),
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/x",
    )
    found = await asyncio.gather(*(place.keys.get() for _ in range(10)))
    assert {one.access for one in found} == {"K1"}
    (asked,) = place.asked
    assert str(asked.url) == "http://169.254.170.2/v2/credentials/x"
    place.now += 2900
    assert (await place.keys.get()).access == "K1"
    place.now += 200
    assert (await place.keys.get()).access == "K2"
    place.keys.forget()
    assert (await place.keys.get()).access == "K3"


async def test_the_token_of_a_pod_comes_from_its_file_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    place = Place(
        lambda request: keys_json("K", place.now + 60),
        AWS_CONTAINER_CREDENTIALS_FULL_URI="http://169.254.170.23/v1/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file),
        AWS_CONTAINER_AUTHORIZATION_TOKEN="not this one",
    )
    await place.keys.get()
    file.write_text("second")
    await place.keys.get()
    assert [one.headers["authorization"] for one in place.asked] == ["first", "second"]


@pytest.mark.parametrize(
    ("uri", "asked"),
    [
        ("http://127.0.0.1:9001/c", True),
        ("http://[::1]/c", True),
        ("http://[fd00:ec2::23]/v1/credentials", True),
        ("http://localhost:80/c", True),
        ("https://keys.example/c", True),
        ("http://keys.example/c", False),
        ("http://169.254.169.254/c", False),
        ("http://127.0.0.1.evil.example/c", False),
        ("http://169.254.170.2@evil.example/c", False),
        ("ftp://127.0.0.1/c", False),
        ("nonsense", False),
    ],
)
async def test_the_token_goes_to_this_machine_or_over_tls(uri: str, asked: bool) -> None:
    place = Place(
        lambda request: keys_json("K", START + 3600),
        AWS_CONTAINER_CREDENTIALS_FULL_URI=uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="t",
    )  # fmt: skip
    if asked:
        assert (await place.keys.get()).access == "K"
        return
    with pytest.raises(AwsError, match="neither https nor of this machine"):
        await place.keys.get()
    assert place.asked == []


async def test_a_web_identity_becomes_keys_at_sts(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("eyJ.x.y")
    text = (
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>K</AccessKeyId><SecretAccessKey>s&amp;s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2027-01-15T09:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
        "</AssumeRoleWithWebIdentityResponse>"
    )
    place = Place(
        lambda request: httpx.Response(200, text=text),
        AWS_REGION="eu-west-1", AWS_ROLE_ARN="arn:aws:iam::123456789012:role/r", AWS_ROLE_SESSION_NAME="pod",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
    )  # fmt: skip
    assert await place.keys.get() == AwsKeys("K", "s&s", "t")
    (asked,) = place.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://sts.eu-west-1.amazonaws.com/")
    assert "authorization" not in asked.headers, "the token is the proof"
    assert httpx.QueryParams(asked.content.decode()) == httpx.QueryParams({
        "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleSessionName": "pod",
        "RoleArn": "arn:aws:iam::123456789012:role/r", "WebIdentityToken": "eyJ.x.y",
    })  # fmt: skip


async def test_an_instance_is_asked_with_a_session_token() -> None:
    def instance(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            assert request.url.path == "/latest/api/token"
            assert request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
            return httpx.Response(200, text="session")
        assert request.headers["x-aws-ec2-metadata-token"] == "session"
        if request.url.path.endswith("/security-credentials/"):
            return httpx.Response(200, text="role-of-it")
        assert request.url.path == "/latest/meta-data/iam/security-credentials/role-of-it"
        return keys_json("K", START + 3600)

    place = Place(instance)
    assert (await place.keys.get()).access == "K"
    assert {one.url.host for one in place.asked} == {"169.254.169.254"}
    place = Place(instance, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv6")
    await place.keys.get()
    assert {one.url.host for one in place.asked} == {"fd00:ec2::254"}
    with pytest.raises(AwsError, match="has no AWS keys"):
        await Place(refuse, AWS_EC2_METADATA_DISABLED="true").keys.get()


async def test_a_renewal_that_fails_leaves_the_keys_until_they_end(caplog: pytest.LogCaptureFixture) -> None:
    broken = False

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text="hunter2") if broken else keys_json("K", START + 3600)

    place = Place(answer, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")
    await place.keys.get()
    broken = True
    place.now += 3100
    assert (await place.keys.get()).access == "K"
    assert (await place.keys.get()).access == "K"
    assert len(place.asked) == 2, "it is not asked again for half a minute"
    assert "could not be renewed" in caplog.text
    place.now += 480
    with pytest.raises(AwsError, match="status 403"):
        await place.keys.get()
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "body", [b"[]", b"nonsense", b"{}", json.dumps({"AccessKeyId": "K", "SecretAccessKey": "hunter2"})[:-1].encode()]
)
async def test_what_is_not_keys_is_refused_without_a_part_of_it(body: bytes) -> None:
    place = Place(lambda request: httpx.Response(200, content=body), AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")
    with pytest.raises(AwsError, match="cannot be read") as problem:
        await place.keys.get()
    assert "hunter2" not in str(problem.value)


async def test_profiles_are_boto3s_and_missing_boto3_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    file.write_text("[other]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n")
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_PROFILE": "other", "AWS_CONFIG_FILE": "/nowhere"}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert (await Place(refuse, **environ).keys.get()).access == "AKIDFILE"
    missing: dict[str, Any] = {"botocore.session": None, "botocore.exceptions": None}
    for name, module in missing.items():
        monkeypatch.setitem(__import__("sys").modules, name, module)
    with pytest.raises(AwsError, match="a profile of AWS needs boto3"):
        await Place(refuse, **environ).keys.get()


async def test_a_role_that_a_profile_may_not_take_is_an_error_without_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        def get_credentials(self) -> Any:
            said = {"Error": {"Code": "AccessDenied", "Message": "arn:aws:iam::123456789012:user/ada"}}
            raise ClientError(said, "AssumeRole")  # type: ignore[arg-type]

    monkeypatch.setattr("botocore.session.get_session", Refused)
    with pytest.raises(AwsError, match="cannot be read: ClientError") as problem:
        await Place(refuse, AWS_PROFILE="other").keys.get()
    assert "ada" not in str(problem.value)


async def test_nothing_of_it_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    place = Place(lambda request: keys_json("K", START + 3600), AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")
    found = await place.keys.get()
    assert not any(one in caplog.text + repr(found) + repr(place.keys) for one in ("s3cret", "t0ken"))
