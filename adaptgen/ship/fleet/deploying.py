"""Deploy a fleet: look at everything, show it, ask once, make keys and stacks in an order that works.

Interrupted at any point, the same command goes on: what is done is read from AWS, nothing is remembered here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value
from adaptgen.ship.deployments.changes import Change, Review
from adaptgen.ship.deployments.deployment import Outcome
from adaptgen.ship.fleet.links import Link, Wanted
from adaptgen.ship.fleet.members import Member
from adaptgen.ship.fleet.needed_secrets import NeededSecret, handover_reference
from adaptgen.ship.fleet.plan import Step, make_plan, outputs_of, parameters_of, said_by
from adaptgen.ship.fleet.secret_store import SecretStore

_FOLLOWING = frozenset(("AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::ApiGateway::Deployment"))
"""Follow from what else changes. The name of a version is a hash of all values, also of those that are known later; a
deployment of the REST API is named by it."""


class Stacks(Protocol):
    """What brings one stack to what it should be."""

    def outputs(self, member: Member) -> Mapping[str, str] | None:
        """The outputs of its stack; None where there is no stack. AG119 where the stack is of another fleet."""

    def deploy(
        self, member: Member, parameters: Mapping[str, str], agree: Callable[[Review], bool], *, calm: bool,
        look: bool = False,
    ) -> Outcome | None:  # fmt: skip
        """Bring its stack to these ``parameters``; None if ``agree`` declined the changes. ``calm``: whether calls move
        to the new version as the stage says; at once for a stack without callers. ``look``: nothing is deleted or
        repaired either: ``agree`` is shown that it would be, and declines."""


@value()
class Shown:
    """What is shown before anything is done. ``reviews``: of each stack that changes. ``keys``: are made; ``typed``:
    credentials that were typed; ``unread``: what could not be checked."""

    steps: tuple[Step, ...]
    reviews: Mapping[str, Review]
    keys: tuple[NeededSecret, ...] = ()
    typed: tuple[NeededSecret, ...] = ()
    unread: tuple[NeededSecret, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not self.reviews and not self.keys and not self.typed


@dataclass(slots=True)
class Report:
    """``done``: member -> the status of its stack; ``left``: members whose stacks are not as they should be;
    ``failed``: the one that failed. ``outputs``: of each stack."""

    done: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    failed: tuple[str, Outcome] | None = None
    outputs: dict[str, Mapping[str, str]] = field(default_factory=dict)


Agree: TypeAlias = Callable[[Member, Review], bool]
"""Whether to make changes of one stack that are more than what was shown for it."""


class FleetDeployment:
    """One run. ``say`` gets a line of progress."""

    def __init__(
        self,
        members: Sequence[Member],
        links: Sequence[Link],
        stacks: Stacks,
        store: SecretStore,
        say: Callable[[str], None],
    ) -> None:
        self._members = {one.name: one for one in members}
        self._links = tuple(links)
        self._stacks = stacks
        self._store = store
        self._public_keys = PublicKeys(members, links, store)
        self._say = say
        self._known: dict[tuple[str, Wanted], str] = said_by(members)
        self._there: set[str] = set()
        self._given: dict[str, dict[str, str]] = {}
        """The parameters from links with which each stack was last looked at, or deployed."""
        self.outputs: dict[str, Mapping[str, str]] = {}

    def look(
        self, needed: Sequence[NeededSecret], ask: Callable[[NeededSecret], str] | None
    ) -> tuple[Shown, dict[NeededSecret, str]]:
        """What would be done, and the credentials that were typed. ``ask``: for one credential, without showing it.
        Nothing is changed but that bundles are uploaded, and change sets made and thrown away.

        Raises:
            AdaptgenError: AG118 for credentials that are missing; AG119; whatever AWS refuses.
        """
        report = self._store.check(needed)
        typed = {one: text for one in report.credentials if ask is not None and (text := ask(one))}
        missing = [one for one in report.credentials if one not in typed]
        if missing:
            raise MissingCredentials(missing)
        for member in self._members.values():
            outputs = self._stacks.outputs(member)
            if outputs is not None:
                self._there.add(member.name)
                self.outputs[member.name] = outputs
                self._known |= outputs_of(member, outputs)
        self._known |= self._public_keys.known(without=report.keys)
        steps = make_plan(tuple(self._members.values()), self._links, self._known)
        reviews = {}
        for member in {step.member.name: step.member for step in steps}.values():
            self._given[member.name] = self._parameters(member)
            found: list[Review] = []
            self._stacks.deploy(member, self._given[member.name], _collect(found), calm=True, look=True)
            if found:
                reviews[member.name] = found[0]
        waiting = tuple(step for step in steps if step.member.name in reviews or step.later)
        return Shown(waiting, reviews, report.keys, tuple(typed), report.unread), typed

    def carry_out(self, shown: Shown, typed: Mapping[NeededSecret, str], agree: Agree) -> Report:
        """Do what was shown. ``agree`` is asked where a stack needs more than what was shown for it.

        Raises:
            Stopped: a stack could not be deployed; its report says what is done.
        """
        report = Report(left=list(dict.fromkeys(step.member.name for step in shown.steps)), outputs=self.outputs)
        try:
            self._store.put_credentials(typed, self._say)
            self._store.make_keys(shown.keys, self._say)
            self._known |= self._public_keys.known()
        except AdaptgenError as problem:
            raise Stopped(report, problem) from None
        last = {step.member.name: number for number, step in enumerate(shown.steps)}
        for number, step in enumerate(shown.steps):
            if not self._deploy(step, shown, agree, report, final=number == last[step.member.name]):
                return report
        # A stack that was changed may have another URL than before: whoever knows the old one gets the new one.
        for member in self._members.values():
            if self._parameters(member) != self._given[member.name] and not self._deploy(
                Step(member), shown, agree, report, final=True
            ):
                return report
        return report

    def _deploy(self, step: Step, shown: Shown, agree: Agree, report: Report, *, final: bool) -> bool:
        """Whether the stack is as it should be after the step."""
        member, name = step.member, step.member.name
        parameters = self._given[name] = self._parameters(member)
        if step.later:
            parameters = {"SnapStart": "None"} | parameters  # no start is tried before everything is known
        self._say(f"{member.stage.stack}:" if final else f"{member.stage.stack}, first part:")
        if name not in report.left:
            report.left.append(name)
        known = name in self._there

        def agreed(review: Review) -> bool:
            return not known or not _has_more(review, shown.reviews.get(name)) or agree(member, review)

        try:
            outcome = self._stacks.deploy(member, parameters, agreed, calm=known)
        except AdaptgenError as problem:
            raise Stopped(report, problem) from None
        if outcome is None:
            return False
        if not outcome.done:
            report.failed = (name, outcome)
            return False
        self.outputs[name] = outcome.outputs
        self._known |= outputs_of(member, outcome.outputs)
        if final:
            report.done[name] = outcome.status
            report.left.remove(name)
        return True

    def _parameters(self, member: Member) -> dict[str, str]:
        return parameters_of(member, self._links, self._known, self._members)


class MissingCredentials(AdaptgenError):
    """Credentials that only people know are in no secret store."""

    def __init__(self, missing: Sequence[NeededSecret]) -> None:
        names = ", ".join(one.shown for one in missing)
        super().__init__(*error("AG118", f"missing in the secret store: {names}").diagnostics)
        self.missing = tuple(missing)


class Stopped(AdaptgenError):
    """The deployment ended with an error; the report says what is done."""

    def __init__(self, report: Report, problem: AdaptgenError) -> None:
        super().__init__(*problem.diagnostics)
        self.report = report


def _has_more(review: Review, shown: Review | None) -> bool:
    """Whether a review has changes of resources that were not shown."""
    known = {_identity(one) for one in shown.changes} if shown is not None else set()
    return any(_identity(one) not in known for one in review.changes if one.type not in _FOLLOWING)


def _identity(change: Change) -> tuple[str, str, str, str]:
    return change.action, change.type, change.replaced, change.name


def _collect(found: list[Review]) -> Callable[[Review], bool]:
    """Declines, and keeps what it was shown."""

    def decline(review: Review) -> bool:
        found.append(review)
        return False

    return decline


# ---------------------------------------------------------------------------------------------------- public keys


class PublicKeys:
    """Reads the private keys of proxies whose public part a link wants, each once."""

    def __init__(self, members: Sequence[Member], links: Sequence[Link], store: SecretStore) -> None:
        """AG117 where a key is in no secret store."""
        self._store = store
        self._wanted: dict[str, NeededSecret] = {}
        by_name = {one.name: one for one in members}
        for name in sorted({link.source for link in links if link.wanted == "PublicKeys"}):
            settings = by_name[name].deployable.settings
            reference = handover_reference(settings)
            where = settings.where("keys", "handover") or settings.where("keys")
            if reference is None:
                message = f"keys.handover of {name} is in no secret store, so its public part is not known"
                help = 'keys: {handover: "${secret:name#handover}"}, or write the public part into the stage files'
                raise error("AG117", message, where, help)
            key, _, member = reference.name.partition("#") if reference.kind == "secret" else (reference.name, "", "")
            self._wanted[name] = NeededSecret(reference.kind, key, member, "handover", (name,), where)

    def known(self, without: Collection[NeededSecret] = ()) -> dict[tuple[str, Wanted], str]:
        """The public part of every key, but of those ``without``, which do not exist yet."""
        places = {(one.store, one.name, one.member) for one in without}
        return {
            (name, "PublicKeys"): public_part(self._store.read(one))
            for name, one in self._wanted.items()
            if (one.store, one.name, one.member) not in places
        }


def public_part(private: str) -> str:
    """The JWK Set of a private ES256 key, in one line."""
    from adaptgen.govern.identity.identity_assertion import AssertionIssuer

    try:
        found = AssertionIssuer(private.strip(), "").jwks()
    except ValueError as why:
        raise error("AG118", f"keys.handover: {why}") from None
    return json.dumps(found, separators=(",", ":"), sort_keys=True)
