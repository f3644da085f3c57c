"""Bundles and large templates in a bucket: each under the hash of its content, uploaded once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.runtime.aws import clients as aws
from adaptgen.ship.deployments.calls import code_of, failed

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})
_ELSEWHERE = frozenset({"301", "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed",
                        "IllegalLocationConstraintException"})  # fmt: skip


class Uploader:
    """``owner``: the account that the bucket must belong to ("" for any); ``region``: that of the stack ("" where the
    client does not say)."""

    def __init__(self, s3: Any, bucket: str, *, owner: str, region: str, say: Callable[[str], None]) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._region = region
        self._say = say
        self._owner = {"ExpectedBucketOwner": owner} if owner else {}
        self._checked = False

    def put(self, key: str, data: bytes) -> None:
        """Upload ``data``, unless it is there. What cannot be looked up is uploaded.

        Raises:
            AdaptgenError: AG093 where AWS refuses; AG110 where the bucket is of another region or account, or the
                object is not what its name says.
        """
        if not self._checked:
            self._check_bucket()
            self._checked = True
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        if self._is_there(key, data, checksum):
            return
        self._say(f"uploading {len(data) / 1e6:.1f} MB to s3://{self._bucket}/{key}")
        try:
            sums = {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": checksum}
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=data, **sums, **self._owner)
        except Exception as problem:
            raise self._refused("PutObject", problem) from None

    def _check_bucket(self) -> None:
        """Lambda and CloudFormation read buckets of their own region only. One that cannot be asked may still take the
        upload."""
        try:
            found: Mapping[str, Any] = self._s3.head_bucket(Bucket=self._bucket, **self._owner)
        except Exception as problem:
            if code_of(problem) in _ABSENT:
                help = "make it in the region of the stack, or correct its name"
                raise error("AG110", f"there is no bucket {self._bucket}", help=help) from None
            headers = getattr(problem, "response", {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
            found = {"BucketRegion": headers.get("x-amz-bucket-region", "")}
            if code_of(problem) not in _DENIED | _ELSEWHERE | {"400", "BadRequest"}:
                raise failed(f"HeadBucket {self._bucket}", problem) from None
        region = found.get("BucketRegion") or ""
        if region and self._region and region != self._region:
            raise _elsewhere(self._bucket, region, self._region)

    def _is_there(self, key: str, data: bytes, checksum: str) -> bool:
        try:
            found = self._s3.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED", **self._owner)
        except Exception as problem:
            # Without ListBucket AWS answers 403 for what is not there.
            if code_of(problem) in _ABSENT | _DENIED:
                return False
            raise self._refused("HeadObject", problem) from None
        known = found.get("ChecksumSHA256") or ""
        other = known != checksum if known and "-" not in known else found.get("ContentLength", len(data)) != len(data)
        if other:
            help = "delete it, and find out who wrote it: what is deployed must be what was packaged"
            where = f"s3://{self._bucket}/{key}"
            raise error("AG110", f"{where} is not what its name says: its content has another checksum", help=help)
        return bool(known == checksum)  # of an object in parts AWS knows the sum of the parts alone

    def _refused(self, what: str, problem: Exception) -> AdaptgenError:
        code = code_of(problem)
        if code in _ELSEWHERE:
            return _elsewhere(self._bucket, "another region", self._region)
        if code in _DENIED and self._owner:
            text = aws.refusal(problem)[1]
            help = "the bucket must belong to the account of the stage, and the one who deploys needs s3:PutObject"
            return error("AG093", f"{what} in {self._bucket}: {code}: {text}", help=help)
        return failed(f"{what} in {self._bucket}", problem)


def _elsewhere(bucket: str, region: str, wanted: str) -> AdaptgenError:
    message = f"the bucket {bucket} is in {region}, and the stack in {wanted or 'its own'}"
    return error("AG110", message, help="name a bucket in the region of the stack")


def object_url(bucket: str, key: str, region: str) -> str:
    """The address by which CloudFormation reads a template."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    host = f"s3.{region}.{domain}" if region else f"s3.{domain}"
    # A certificate of S3 covers no name with dots before its own.
    return f"https://{host}/{bucket}/{key}" if "." in bucket else f"https://{bucket}.{host}/{key}"
