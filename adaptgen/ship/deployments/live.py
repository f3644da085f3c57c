"""Where calls go: the versions of one function, and its alias ``live``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from adaptgen.model.frozen import value
from adaptgen.runtime.aws import clients as aws
from adaptgen.ship.deployments.calls import attempt, code_of, failed
from adaptgen.ship.stack.versions import LIVE


@value()
class Version:
    """One published version. ``sha256``: of its bundle, in hex. ``made``: when it was published. ``state``: of Lambda;
    "" where it says none."""

    number: str
    sha256: str
    made: str
    arch: str = ""
    state: str = ""
    description: str = ""

    def __str__(self) -> str:
        return f"version {self.number} (bundle {self.sha256[:12]}…)" if self.sha256 else f"version {self.number}"


@value()
class Live:
    """What the alias says: ``version`` has all calls but those of ``weights`` (version -> share, 0 to 1)."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    revision: str = ""

    def __str__(self) -> str:
        shares = [f"version {number} has {percent(share)}" for number, share in self.weights.items()]
        rest = "the rest" if shares else "all calls"
        return " and ".join([*shares, f"version {self.version} has {rest}"])


class Versions:
    """The versions of ``function``."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self.function = function

    def live(self) -> Live | None:
        """Where calls go; None where there is no alias. AG093 where AWS refuses the call."""
        try:
            said = self._client.get_alias(FunctionName=self.function, Name=LIVE)
        except Exception as problem:
            if aws.refusal(problem)[0] == "ResourceNotFoundException":
                return None
            raise failed("GetAlias", problem) from None
        return Live(said["FunctionVersion"], _weights(said), said.get("RevisionId", ""))

    def published(self) -> list[Version]:
        """All that exist, the newest first. AG093 where AWS refuses a call."""
        found = [_version(one) for one in self._pages("list_versions_by_function", "Versions")]
        return sorted((one for one in found if one.number.isdigit()), key=lambda one: -int(one.number))

    def move(self, to: str, revision: str = "") -> None:
        """Give all calls to one version, at once. ``revision``: of the alias as it was read; AWS refuses (AG093) when
        somebody else moved it since."""
        attempt(
            "UpdateAlias",
            self._client.update_alias,
            FunctionName=self.function,
            Name=LIVE,
            FunctionVersion=to,
            RoutingConfig={"AdditionalVersionWeights": {}},
            **({"RevisionId": revision} if revision else {}),
        )

    def prune(self, keep: int, history: Sequence[str], newest: str) -> tuple[list[str], dict[str, str]]:
        """Delete all but ``keep`` versions: what went, and what could not go, with the reason.

        Those that an alias points to always stay, as does ``newest``, which is the stack's; then those of ``history``
        (that had all calls, the latest first) before those that never had.
        """
        aliases = list(self._pages("list_aliases", "Aliases"))
        used = {newest} | {one["FunctionVersion"] for one in aliases}
        used |= {number for one in aliases for number in _weights(one)}
        there = [one.number for one in self.published()]
        others = [*(one for one in history if one in there), *(one for one in there if one not in history)]
        rest = [one for one in dict.fromkeys(others) if one not in used]
        gone: list[str] = []
        stayed: dict[str, str] = {}
        for number in rest[max(keep - len(used & set(there)), 0) :]:
            try:
                self._client.delete_function(FunctionName=self.function, Qualifier=number)
            except Exception as problem:
                stayed[number] = code_of(problem)
            else:
                gone.append(number)
        return sorted(gone, key=int), stayed

    def _pages(self, operation: str, member: str) -> Iterator[Mapping[str, Any]]:
        marker: dict[str, str] = {}
        name = "".join(part.capitalize() for part in operation.split("_"))
        while True:
            said = attempt(name, getattr(self._client, operation), FunctionName=self.function, **marker)
            yield from said.get(member, ())
            if not said.get("NextMarker"):
                return
            marker = {"Marker": said["NextMarker"]}


def percent(share: float) -> str:
    """A share as people write it: 0.1 is 10 %."""
    return f"{share * 100:.4g} %"


def _weights(alias: Mapping[str, Any]) -> dict[str, float]:
    said = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return {number: float(share) for number, share in said.items() if float(share) > 0}


def _version(said: Mapping[str, Any]) -> Version:
    return Version(
        str(said["Version"]),
        in_hex(str(said.get("CodeSha256") or "")),
        str(said.get("LastModified") or "")[:19],
        ",".join(said.get("Architectures") or ()),
        str(said.get("State") or ""),
        str(said.get("Description") or ""),
    )


def in_hex(code_sha256: str) -> str:
    """A hash as bundles are named, of one as Lambda says it (base64); "" for anything else."""
    try:
        found = base64.b64decode(code_sha256, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return found.hex() if len(found) == 32 else ""
