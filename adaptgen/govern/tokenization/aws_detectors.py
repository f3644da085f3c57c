"""A second opinion on free text: Bedrock ApplyGuardrail and Comprehend DetectPiiEntities.

Each is a call over the network for every answer with free text. What they find becomes tokens like everything else.
Where they do not answer in time, or fail, the answer is withheld.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from adaptgen.govern.settings.model import Detector
from adaptgen.govern.tokenization.json_redactor import JsonRedactor
from adaptgen.mcp.json_text import dumps, loads_or_none
from adaptgen.pii.matcher import KnownValue, ValueMatcher
from adaptgen.runtime.aws.errors import failure
from adaptgen.runtime.core.answer import ToolError

if TYPE_CHECKING:
    from adaptgen.runtime.aws.api import AwsApi

Make = Callable[[str, str], "AwsApi"]
"""Service and region -> what asks it, in the background."""

_SIZES: Final = {"comprehend": 90_000, "guardrail": 20_000}
"""Bytes of text that go into one call; Comprehend takes 100 KB, a guardrail 25 text units of 1,000 characters."""

_TYPES: Final = {
    "email": "EMAIL",
    "phone": "PHONE",
    "name": "NAME",
    "address": "ADDRESS",
    "ip_address": "IP_ADDRESS",
    "card": "CREDIT_DEBIT_NUMBER CREDIT_DEBIT_CARD_NUMBER",
    "iban": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "account": "BANK_ACCOUNT_NUMBER US_BANK_ACCOUNT_NUMBER",
    "secret": "PASSWORD PIN AWS_ACCESS_KEY AWS_SECRET_KEY",
    "national_id": "SSN US_SOCIAL_SECURITY_NUMBER US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER PASSPORT_NUMBER "
    "US_PASSPORT_NUMBER DRIVER_ID UK_NATIONAL_INSURANCE_NUMBER UK_NATIONAL_HEALTH_SERVICE_NUMBER "
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER CA_SOCIAL_INSURANCE_NUMBER CA_HEALTH_NUMBER IN_AADHAAR "
    "IN_PERMANENT_ACCOUNT_NUMBER IN_VOTER_NUMBER IN_NREGA",
}
_KINDS: Final = {type: kind for kind, types in _TYPES.items() for type in types.split()}
"""Types of both services -> our kinds. Ages, dates, URLs and vehicles are not ours to hide."""

_LEAST_SCORE: Final = 0.5


class AwsPiiDetectors:
    """Asks every detector of the settings. ``make`` makes what asks a service, at its first use."""

    def __init__(self, detectors: Sequence[Detector], kinds: frozenset[str], make: Make | None = None) -> None:
        self._detectors = detectors
        self._kinds = kinds
        self._make = make or _shared

    async def shielded(
        self, result: dict[str, Any], walk: JsonRedactor, kinds: frozenset[str] | None = None
    ) -> dict[str, Any]:
        """The result with what the detectors find in its free text replaced, of these ``kinds`` (None: all); ToolError
        where one of them failed, or wants the whole answer blocked."""
        wanted = self._kinds if kinds is None else kinds
        texts = [text for text in _leaves(result) if _is_prose(text)]
        if not texts:
            return result
        found: dict[tuple[str, str], None] = {}
        for detector in self._detectors:
            for batch in _batches(dict.fromkeys(texts), _SIZES[detector.kind]):
                for kind, value in await self._ask(detector, batch):
                    if kind in wanted and len(value.strip()) > 1 and "tok_" not in value:
                        found[kind, value.strip()] = None
        if not found:
            return result
        matcher = ValueMatcher(KnownValue(*one) for one in found)
        changed: dict[str, Any] = _changed(result, lambda text: matcher.replace(text, walk.replace_known))
        return changed

    async def _ask(self, detector: Detector, text: str) -> list[tuple[str, str]]:
        from adaptgen.runtime.aws import background

        ask, service = (_comprehend, "comprehend") if detector.kind == "comprehend" else (_guardrail, "bedrock-runtime")
        try:
            async with asyncio.timeout(detector.timeout):
                api = self._make(service, detector.region)
                return await background.ask(lambda: ask(api, detector, text))
        except ToolError:
            raise
        except Exception as problem:
            raise ToolError(f"The text could not be checked ({detector.kind}: {failure(problem)}).") from None


def _shared(service: str, region: str) -> AwsApi:
    from adaptgen.runtime.aws.background import shared_api

    return shared_api(service, region)


async def _comprehend(aws: AwsApi, detector: Detector, text: str) -> list[tuple[str, str]]:
    answer = await aws.call("DetectPiiEntities", {"Text": text, "LanguageCode": detector.language})
    return [
        (_KINDS.get(one["Type"], ""), text[one["BeginOffset"] : one["EndOffset"]])
        for one in answer["Entities"]
        if one.get("Score", 1.0) >= _LEAST_SCORE
    ]


async def _guardrail(aws: AwsApi, detector: Detector, text: str) -> list[tuple[str, str]]:
    from adaptgen.runtime.aws.api import read_json

    path = f"/guardrail/{quote(detector.guardrail, safe='')}/version/{quote(detector.version, safe='')}/apply"
    body = json.dumps({"source": "OUTPUT", "content": [{"text": {"text": text}}]}).encode()
    headers, name = {"Content-Type": "application/json"}, "ApplyGuardrail"
    answer = read_json(await aws.send("POST", path, headers=headers, body=body, name=name), name)
    found: list[tuple[str, str]] = []
    for assessment in answer["assessments"]:
        for name, policy in assessment.items():
            if name == "sensitiveInformationPolicy":
                entities = policy.get("piiEntities", ())
                found += [(_KINDS.get(one["type"], ""), one["match"]) for one in entities]
                found += [("secret", one["match"]) for one in policy.get("regexes", ()) if one.get("match")]
            elif _blocks(policy):
                raise ToolError("The guardrail blocks this answer.")
    return found


def _blocks(policy: Any) -> bool:
    if isinstance(policy, dict):
        return policy.get("action") == "BLOCKED" or any(map(_blocks, policy.values()))
    return isinstance(policy, list) and any(map(_blocks, policy))


def _is_prose(text: str) -> bool:
    return len(text) > 7 and " " in text.strip() and any(map(str.isalpha, text))


def _batches(texts: Iterable[str], size: int) -> Iterator[str]:
    batch: list[str] = []
    used = 0
    for text in texts:
        for part in (text[at : at + size // 4] for at in range(0, len(text), size // 4)):
            length = len(part.encode("utf-8", "surrogatepass")) + 1
            if used + length > size and batch:
                yield "\n".join(batch)
                batch, used = [], 0
            batch.append(part)
            used += length
    if batch:
        yield "\n".join(batch)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        inner = _inner(value)
        if inner is None:
            yield value
        else:
            yield from _leaves(inner)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for element in value:
            yield from _leaves(element)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        inner = _inner(value)
        return change(value) if inner is None else dumps(_changed(inner, change))
    if isinstance(value, dict):
        return {key: _changed(member, change) for key, member in value.items()}
    return [_changed(element, change) for element in value] if isinstance(value, list) else value


def _inner(text: str) -> Any:
    return loads_or_none(text) if text[:1] in ("{", "[") else None
