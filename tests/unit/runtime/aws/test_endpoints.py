"""Addresses of AWS: those that botocore finds, for every service that is asked while serving."""

from __future__ import annotations

import itertools
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from adaptgen.runtime.aws.api import AwsApi
from adaptgen.runtime.aws.endpoints import SERVICES, configured_endpoint, find_region, own_endpoint
from adaptgen.runtime.aws.errors import AwsError

REGIONS = (
    "eu-central-1", "us-east-1", "us-east-2", "ap-southeast-4", "il-central-1", "cn-north-1", "cn-northwest-1",
    "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1",
)  # fmt: skip
NO_FILES = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}


@pytest.mark.parametrize("name", SERVICES)
def test_addresses_and_names_are_botocores(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in NO_FILES.items():
        monkeypatch.setenv(variable, value)
    config = Config(s3={"us_east_1_regional_endpoint": "regional"})
    client = botocore.session.get_session().create_client(
        name, region_name="us-east-1", config=config, aws_access_key_id="a", aws_secret_access_key="b"
    )
    model, resolver = client.meta.service_model, client._ruleset_resolver
    operation = model.operation_model("ListBuckets" if name == "s3" else model.operation_names[0])
    for fips, dual, region in itertools.product((False, True), (False, True), REGIONS):
        environ = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(), "AWS_USE_DUALSTACK_ENDPOINT": str(dual).lower()}
        if name == "s3" and fips and region.startswith("cn-"):
            with pytest.raises(AwsError):
                own_endpoint(name, region, environ)
            continue
        resolver._builtins |= {"AWS::Region": region, "AWS::UseFIPS": fips, "AWS::UseDualStack": dual}
        found = resolver.construct_endpoint(operation, {}, {}).url
        assert own_endpoint(name, region, environ) == found, (region, fips, dual)
    client.close()
    service = SERVICES[name]
    assert service.signing == model.signing_name
    assert service.variable == model.service_id.upper().replace(" ", "_")
    if service.target:
        assert (service.target, service.json) == (model.metadata["targetPrefix"], model.metadata["jsonVersion"])


def test_an_address_of_the_environment_is_that_of_the_service_first() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://all.example/", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://one.example"}
    assert configured_endpoint("secretsmanager", environ) == "http://one.example"
    assert configured_endpoint("kms", environ) == "http://all.example"
    assert configured_endpoint("kms", environ, "https://named.example/") == "https://named.example"
    assert configured_endpoint("kms", environ | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}) == ""
    with pytest.raises(AwsError, match="neither http"):
        configured_endpoint("kms", {"AWS_ENDPOINT_URL": "file:///etc"})


def test_the_region_is_that_of_the_environment_or_of_the_profile(tmp_path: Path) -> None:
    assert find_region({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}) == "eu-west-1"
    assert find_region({"AWS_REGION": "eu-west-1"}, "us-east-2") == "us-east-2"
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-3\n[profile other]\nregion=ap-south-1\n")
    assert find_region({"AWS_CONFIG_FILE": str(config)}) == "eu-west-3"
    assert find_region({"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "other"}) == "ap-south-1"
    with pytest.raises(AwsError, match="set AWS_REGION"):
        find_region({"AWS_CONFIG_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("region", ["evil.example/", "eu-west-1@evil", "EU-WEST-1", "a" * 70, "-a"])
def test_a_region_cannot_lead_to_another_host(region: str) -> None:
    with pytest.raises(AwsError):
        AwsApi("dynamodb", region, environ={})
