"""Where settings come from: what has changed is noticed, policies included, and what is broken is said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from support.aws_transcripts import Transcript

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.settings import remote_files as documents
from adaptgen.govern.settings.source import source
from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.aws.background import shared_api

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

TEXT = "adaptgen: 1\nauthorize: {policies: [policies]}\n"
PERMIT = "permit(principal, action, resource);\n"


def write(path: Path, text: str) -> None:
    """A file with a time of its own, as a later edit has."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "governance.yaml", TEXT)
    write(tmp_path / "policies" / "a.cedar", PERMIT)
    return tmp_path


# ----------------------------------------------------------------------------------------------------------- a file


async def test_a_file_that_goes_is_said_once_and_comes_back(folder: Path) -> None:
    one = source(folder / "governance.yaml", {})
    await one.load()
    (folder / "governance.yaml").unlink()
    with pytest.raises(AdaptgenError, match="AG001: the settings cannot be read: there is no such file"):
        await one.changed()
    assert await one.changed() is None
    write(folder / "governance.yaml", TEXT + "audit: stderr\n")
    found = await one.changed()
    assert found is not None
    assert found.audit is not None


async def test_the_kill_switch_of_a_broken_version_is_known(folder: Path) -> None:
    one = source(folder / "governance.yaml", {})
    await one.load()
    write(folder / "governance.yaml", TEXT + "limit: []\nswitch: {servers: crm}\n")
    with pytest.raises(AdaptgenError):
        await one.changed()
    assert one.switch is not None
    assert one.switch.servers == ("crm",)
    write(folder / "governance.yaml", TEXT + "switch: {servers: [}\n")
    with pytest.raises(AdaptgenError):
        await one.changed()
    assert one.switch is None


# --------------------------------------------------------------------------------------------------------------- S3


def apis(s3: Any) -> Callable[[str], AwsApi]:
    """What the sources ask, where ``s3`` seeds."""
    return lambda name: shared_api(name, "us-east-1", s3.meta.endpoint_url)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket="bank")
    yield client
    server.stop()


def put(s3: Any, **objects: str) -> None:
    for name, text in objects.items():
        s3.put_object(Bucket="bank", Key=name.replace("__", "/").replace("_dot_", "."), Body=text.encode())


async def test_settings_in_s3_with_policies_under_the_same_prefix(s3: Any) -> None:
    put(s3, a__governance_dot_yaml=TEXT, a__policies__one_dot_cedar=PERMIT, a__policies__notes_dot_txt="no policy")
    put(s3, a__policies2__other_dot_cedar=PERMIT, policies__elsewhere_dot_cedar=PERMIT)
    one = source("s3://bank/a/governance.yaml", {}, aws=apis(s3))
    first = await one.load()
    assert first.path == "s3://bank/a/governance.yaml"
    assert first.policies == {"policies/one.cedar": PERMIT}
    assert await one.changed() is None
    put(s3, a__policies__two_dot_cedar=PERMIT)
    second = await one.changed()
    assert second is not None
    assert sorted(second.policies) == ["policies/one.cedar", "policies/two.cedar"]
    put(s3, a__governance_dot_yaml=TEXT + "audit: stderr\n")
    third = await one.changed()
    assert third is not None
    assert third.audit is not None
    assert len({first.hash, second.hash, third.hash}) == 3


async def test_one_policy_object_in_s3(s3: Any) -> None:
    put(s3, b_dot_yaml=TEXT.replace("[policies]", "./rules.cedar"), rules_dot_cedar=PERMIT)
    found = await source("s3://bank/b.yaml", {}, aws=apis(s3)).load()
    assert found.policies == {"rules.cedar": PERMIT}


async def test_what_s3_does_not_have_is_located(s3: Any) -> None:
    with pytest.raises(AdaptgenError, match=r"^s3://bank/none.yaml: error AG001: .* cannot be read: NoSuchKey\n"):
        await source("s3://bank/none.yaml", {}, aws=apis(s3)).load()
    put(s3, c__governance_dot_yaml=TEXT)
    with pytest.raises(AdaptgenError, match=r"c/governance.yaml:2:24: error AG072: the policies 'policies' cannot be"):
        await source("s3://bank/c/governance.yaml", {}, aws=apis(s3)).load()


async def test_s3_that_goes_away_leaves_what_holds(s3: Any) -> None:
    put(s3, d__governance_dot_yaml="adaptgen: 1\n")
    away = False

    async def network(request: httpx.Request) -> httpx.Response:
        if away:
            raise httpx.ConnectError("secret")
        async with httpx.AsyncClient() as client:
            answer = await client.request(request.method, request.url, headers=request.headers)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    api = AwsApi("s3", "us-east-1", s3.meta.endpoint_url, attempts=1, transport=httpx.MockTransport(network))
    one = source("s3://bank/d/governance.yaml", {}, aws=lambda name: api)
    await one.load()
    away = True
    with pytest.raises(AdaptgenError, match=r"AG001: the settings cannot be read: .*GetObject: ConnectError\n"):
        await one.changed()
    assert await one.changed() is None
    away = False
    assert await one.changed() is None


async def test_objects_are_bounded(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    put(s3, e__governance_dot_yaml=TEXT)
    with pytest.raises(AdaptgenError, match=r"AG001: the settings cannot be read: .* is too large"):
        await source("s3://bank/e/governance.yaml", {}, aws=apis(s3)).load()


# -------------------------------------------------------------------------------------------------------- AppConfig

IDS = {"ApplicationIdentifier": "bank", "EnvironmentIdentifier": "prod"}


@pytest.fixture
def appconfig() -> Iterator[Transcript]:
    made = Transcript("appconfigdata")
    yield made
    made.done()


def session(service: Transcript, profile: str, token: str) -> None:
    expected = {**IDS, "ConfigurationProfileIdentifier": profile}
    service.expect("StartConfigurationSession", {"InitialConfigurationToken": token}, expected)


def latest(service: Transcript, token: str, following: str, text: str, wait: int = 0) -> None:
    answer = {
        "NextPollConfigurationToken": following,
        "NextPollIntervalInSeconds": wait,
        "ContentType": "application/x-yaml",
        "Configuration": text.encode(),
    }
    service.expect("GetLatestConfiguration", answer, {"ConfigurationToken": token})


async def test_settings_in_appconfig_use_each_token_once(appconfig: Transcript) -> None:
    one = source("appconfig://bank/prod/governance", {}, aws=lambda name: appconfig.api())
    session(appconfig, "governance", "t1")
    latest(appconfig, "t1", "t2", "adaptgen: 1\n")
    first = await one.load()
    latest(appconfig, "t2", "t3", "")  # nothing new: the answer is empty
    assert await one.changed() is None
    latest(appconfig, "t3", "t4", "adaptgen: 1\naudit: stderr\n")
    second = await one.changed()
    assert second is not None
    assert second.hash != first.hash
    appconfig.refuse("GetLatestConfiguration", "BadRequestException", "token expired")
    with pytest.raises(AdaptgenError, match=r"AG001: the settings cannot be read: BadRequestException\n"):
        await one.changed()
    session(appconfig, "governance", "t9")  # a session ends after 24 hours: another one begins
    latest(appconfig, "t9", "t10", "adaptgen: 1\naudit: stderr\n")
    assert await one.changed() is None


async def test_appconfig_is_not_asked_before_it_wants_to_be(
    appconfig: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(documents.time, "monotonic", lambda: now[0])
    one = source("appconfig://bank/prod/governance", {}, aws=lambda name: appconfig.api())
    session(appconfig, "governance", "t1")
    latest(appconfig, "t1", "t2", "adaptgen: 1\n", wait=15)
    await one.load()
    now[0] += 14
    assert await one.changed() is None
    now[0] += 2
    latest(appconfig, "t2", "t3", "adaptgen: 1\naudit: stderr\n", wait=15)
    assert await one.changed() is not None


async def test_policies_in_appconfig_are_profiles_beside_the_settings(appconfig: Transcript) -> None:
    one = source("appconfig://bank/prod/governance", {}, aws=lambda name: appconfig.api())
    text = "adaptgen: 1\nauthorize: {policies: rules}\n"
    session(appconfig, "governance", "t1")
    latest(appconfig, "t1", "t2", text, wait=3600)
    session(appconfig, "rules", "p1")
    latest(appconfig, "p1", "p2", PERMIT)
    latest(appconfig, "p2", "p3", "")
    first = await one.load()
    assert first.policies == {"rules": PERMIT}
    latest(appconfig, "p3", "p4", PERMIT + PERMIT)
    latest(appconfig, "p4", "p5", "")
    latest(appconfig, "p5", "p6", "")
    second = await one.changed()
    assert second is not None
    assert second.policies == {"rules": PERMIT + PERMIT}
