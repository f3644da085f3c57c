"""Objects in a bucket of S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote_plus, urlsplit

from adaptgen.model.frozen import lazy
from adaptgen.runtime.aws.api import MAX_BYTES, Answer, AwsApi, Upload, service_time
from adaptgen.runtime.aws.errors import AwsError, tag_texts
from adaptgen.runtime.aws.sigv4 import presign

_NAME: Final = lazy(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PAGES: Final = 1000


class Bucket:
    """The bucket ``name``. It is found in another region than that of ``api`` as well, but URLs are signed for this
    one."""

    def __init__(self, api: AwsApi, name: str) -> None:
        """
        Raises:
            AwsError: no bucket has such a name.
        """
        if not _NAME.fullmatch(name):
            raise AwsError("the name of the bucket is not one of S3")
        self._api = api
        self._name = name

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def get(
        self, key: str, *, etag: str = "", sink: Callable[[bytes], None] | None = None, most: int = MAX_BYTES
    ) -> Answer:
        """The object; with the status 304 where it still is the one of ``etag``.

        Raises:
            AwsError: it is missing, not permitted, or larger than ``most`` bytes.
        """
        headers = {"If-None-Match": etag} if etag else {}
        return await self._send("GET", key, headers=headers, name="GetObject", sink=sink, most=most)

    async def put(self, key: str, upload: Upload, headers: Mapping[str, str]) -> None:
        """Store an object; AwsError where S3 does not take it."""
        await self._send("PUT", key, headers=headers, name="PutObject", upload=upload)

    async def list(self, prefix: str) -> dict[str, str]:
        """Key -> ETag of the objects whose keys begin with ``prefix``; AwsError where S3 does not list them."""
        found: dict[str, str] = {}
        query = f"encoding-type=url&list-type=2&prefix={quote(prefix, safe='-_.~')}"
        following = ""
        for _ in range(_PAGES):
            token = f"continuation-token={quote(following, safe='-_.~')}&" if following else ""
            answer = await self._send("GET", "", query=token + query, name="ListObjectsV2")
            text = answer.body.decode("utf-8", "replace")
            for one in text.split("<Contents>")[1:]:
                texts = tag_texts(one.partition("</Contents>")[0], "Key", "ETag")
                found[unquote_plus(texts.get("Key", ""))] = texts.get("ETag", "")
            head = tag_texts(text, "IsTruncated", "NextContinuationToken")
            following = head.get("NextContinuationToken", "")
            if head.get("IsTruncated") != "true" or not following:
                return found
        raise AwsError("the bucket lists too many objects")

    async def presign(self, method: str, key: str, seconds: int, headers: Mapping[str, str] | None = None) -> str:
        """A URL with which anyone may send this one request, with these headers, for some seconds."""
        base, path = self._place(self._api, key)
        keys = await self._api.current_keys()
        return presign(
            method, base + path, headers or {}, keys, region=self._api.region, seconds=seconds, now=service_time()
        )

    async def _send(
        self,
        method: str,
        key: str,
        *,
        name: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        upload: Upload | None = None,
        sink: Callable[[bytes], None] | None = None,
        most: int = MAX_BYTES,
    ) -> Answer:
        for again in (True, False):
            base, path = self._place(self._api, key)
            try:
                return await self._api.send(
                    method, path, base=base, query=query, headers=headers, upload=upload, sink=sink, most=most,
                    name=name,
                )  # fmt: skip
            except AwsError as problem:
                elsewhere = problem.region and problem.region != self._api.region and not self._api.is_custom
                if not again or not elsewhere:
                    raise
                before, self._api = self._api, self._api.in_region(problem.region)
                await before.aclose()
        raise AssertionError

    def _place(self, api: AwsApi, key: str) -> tuple[str, str]:
        """The address of the bucket, and the path of an object: the bucket is a part of the host, where that has a
        certificate."""
        path = f"/{quote(key, safe='/~')}"
        if api.is_custom or "." in self._name:
            return api.endpoint, f"/{self._name}{path}"
        parts = urlsplit(api.endpoint)
        return f"{parts.scheme}://{self._name}.{parts.netloc}", path
