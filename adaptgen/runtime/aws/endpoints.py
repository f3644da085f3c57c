"""Where the services of AWS are: the region of this process, and the address of a service in it.

The rules are those of AWS's SDKs: variables of the environment name other addresses ("Service-specific endpoints"),
FIPS or dual-stack ones ("Dual-stack and FIPS endpoints", both in the AWS SDKs and Tools Reference Guide).
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adaptgen.model.frozen import lazy, value
from adaptgen.runtime.aws.errors import AwsError


@value()
class Service:
    """A service. ``label`` begins its host names; ``variable`` ends ``AWS_ENDPOINT_URL_…``; ``signing`` is the name
    that is signed for; ``target`` begins ``X-Amz-Target`` where it speaks JSON of version ``json``. ``plain_gov_fips``:
    in the partition of the US government, its usual address is the FIPS one."""

    label: str
    variable: str
    signing: str
    target: str = ""
    json: str = "1.1"
    plain_gov_fips: bool = False


SERVICES: Final[Mapping[str, Service]] = {
    one.label: one
    for one in (
        Service("secretsmanager", "SECRETS_MANAGER", "secretsmanager", "secretsmanager"),
        Service("ssm", "SSM", "ssm", "AmazonSSM", plain_gov_fips=True),
        Service("dynamodb", "DYNAMODB", "dynamodb", "DynamoDB_20120810", "1.0", plain_gov_fips=True),
        Service("kms", "KMS", "kms", "TrentService"),
        Service("verifiedpermissions", "VERIFIEDPERMISSIONS", "verifiedpermissions", "VerifiedPermissions", "1.0"),
        Service("comprehend", "COMPREHEND", "comprehend", "Comprehend_20171127"),
        Service("bedrock-runtime", "BEDROCK_RUNTIME", "bedrock"),
        Service("appconfigdata", "APPCONFIGDATA", "appconfig", plain_gov_fips=True),
        Service("sts", "STS", "sts", plain_gov_fips=True),
        Service("s3", "S3", "s3"),
    )
}
"""The services that adaptgen asks while it serves."""

_PARTITIONS: Final = (
    ("aws-cn", r"cn-\w+-\d+", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("aws-us-gov", r"us-gov-\w+-\d+", "amazonaws.com", "api.aws"),
    ("aws-eusc", r"eusc-\w+-\w+-\d+", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("aws-iso", r"us-iso-\w+-\d+", "c2s.ic.gov", "api.aws.ic.gov"),
    ("aws-iso-b", r"us-isob-\w+-\d+", "sc2s.sgov.gov", "api.aws.scloud"),
    ("aws-iso-e", r"eu-isoe-\w+-\d+", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("aws-iso-f", r"us-isof-\w+-\d+", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
)
_REST: Final = ("aws", "amazonaws.com", "api.aws")
_REGION: Final = lazy(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def find_region(environ: Mapping[str, str], named: str = "") -> str:
    """The region: ``named``, else that of the environment, else that of the configuration file.

    Raises:
        AwsError: it is missing, or not a name: it becomes a part of host names.
    """
    region = named or environ.get("AWS_REGION", "") or environ.get("AWS_DEFAULT_REGION", "") or _of_profile(environ)
    if not region:
        raise AwsError("no AWS region is known: set AWS_REGION")
    if not _REGION.fullmatch(region):
        raise AwsError("the region of AWS has a form that no region has")
    return region


def _of_profile(environ: Mapping[str, str]) -> str:
    path = Path(environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    parsed = configparser.RawConfigParser()
    try:
        parsed.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return ""
    section = profile if profile == "default" and parsed.has_section("default") else f"profile {profile}"
    return parsed.get(section, "region", fallback="").strip()


def configured_endpoint(name: str, environ: Mapping[str, str], named: str = "") -> str:
    """The address of a service that someone chose, without a slash at its end: ``named``, else that of the environment;
    "" for AWS's own.

    Raises:
        AwsError: it is not an address.
    """
    service = SERVICES[name]
    found = named
    if not found and not _is_true(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        found = environ.get(f"AWS_ENDPOINT_URL_{service.variable}", "") or environ.get("AWS_ENDPOINT_URL", "")
    if found and not found.startswith(("http://", "https://")):
        raise AwsError(f"the address of {name} is neither http:// nor https://")
    return found.rstrip("/")


def own_endpoint(name: str, region: str, environ: Mapping[str, str]) -> str:
    """AWS's own address of a service, as the environment wants it: of FIPS, dual-stack, or the usual one.

    Raises:
        AwsError: AWS has no such address.
    """
    fips, dual = _is_true(environ, "AWS_USE_FIPS_ENDPOINT"), _is_true(environ, "AWS_USE_DUALSTACK_ENDPOINT")
    return f"https://{_host(SERVICES[name], region, fips=fips, dual=dual)}"


def _host(service: Service, region: str, *, fips: bool, dual: bool) -> str:
    partition, suffix, dual_suffix = partition_of(region)
    label = f"{service.label}-fips" if fips else service.label
    if service.label == "s3":
        if fips and partition == "aws-cn":
            raise AwsError("S3 has no FIPS address in this region")
        return f"{label}.dualstack.{region}.{suffix}" if dual else f"{label}.{region}.{suffix}"
    if fips and not dual and service.plain_gov_fips and partition == "aws-us-gov":
        label = service.label
    # Secrets Manager's usual addresses are dual-stack ones.
    if dual and service.label == "secretsmanager" and partition in ("aws", "aws-us-gov", "aws-cn"):
        dual = partition == "aws-cn" and fips
    return f"{label}.{region}.{dual_suffix if dual else suffix}"


def partition_of(region: str) -> tuple[str, str, str]:
    """The partition of a region, and the ends of its host names: the usual one, and that of dual-stack addresses."""
    for name, pattern, suffix, dual in _PARTITIONS:
        if re.fullmatch(pattern, region):
            return name, suffix, dual
    return _REST


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() == "true"
