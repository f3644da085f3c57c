"""What ``adaptgen deploy`` does for each state of a stack, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value

Act: TypeAlias = Literal["create", "update", "wait", "roll back", "remove", "refuse"]
"""``create`` and ``update``: go on. ``wait``: until it is in another state, then go on by that one. ``roll back``:
finish a rollback that failed, then go on. ``remove``: delete a stack that never was complete, where nothing is lost,
then create it. ``refuse``: say what to do."""


@value()
class Advice:
    """``says``: why; ``help``: what to do, where deploying is refused ({stack} is its name)."""

    act: Act
    says: str = ""
    help: str = ""


_FOLLOW = "adaptgen deploy --follow --stack {stack}, then deploy again"
_DELETE = "look at its events, then: adaptgen deploy --delete --stack {stack}"
_NEVER = "it was never complete"

ADVICE: Final[Mapping[str, Advice]] = {
    "": Advice("create"),
    "DELETE_COMPLETE": Advice("create"),
    "REVIEW_IN_PROGRESS": Advice("create"),
    "CREATE_COMPLETE": Advice("update"),
    "UPDATE_COMPLETE": Advice("update"),
    "UPDATE_ROLLBACK_COMPLETE": Advice("update"),
    "IMPORT_COMPLETE": Advice("update"),
    "IMPORT_ROLLBACK_COMPLETE": Advice("update"),
    # These end by themselves in a state that is known.
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Advice("wait", "the last update removes what it replaced"),
    "UPDATE_ROLLBACK_IN_PROGRESS": Advice("wait", "the last update is rolled back"),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Advice("wait", "the rolled back update removes what it made"),
    "IMPORT_ROLLBACK_IN_PROGRESS": Advice("wait", "an import is rolled back"),
    "ROLLBACK_IN_PROGRESS": Advice("wait", "the creation failed and is rolled back"),
    "DELETE_IN_PROGRESS": Advice("wait", "it is being deleted"),
    # Somebody else is at work: what they do is not known before it is done.
    "CREATE_IN_PROGRESS": Advice("refuse", "another deployment creates it", _FOLLOW),
    "UPDATE_IN_PROGRESS": Advice("refuse", "another deployment updates it", _FOLLOW),
    "IMPORT_IN_PROGRESS": Advice("refuse", "resources are imported into it", _FOLLOW),
    "ROLLBACK_COMPLETE": Advice("remove", f"{_NEVER}: its creation failed"),
    "CREATE_FAILED": Advice("remove", f"{_NEVER}: its creation failed, without a rollback"),
    "ROLLBACK_FAILED": Advice("remove", f"{_NEVER}: its creation failed, and so did the rollback"),
    "UPDATE_ROLLBACK_FAILED": Advice("roll back", "the rollback of an update failed"),
    "UPDATE_FAILED": Advice("refuse", "an update failed and was kept (rollback was disabled)",
                            "aws cloudformation rollback-stack --stack-name {stack}, then deploy again"),
    "DELETE_FAILED": Advice("refuse", "it could not be deleted", _DELETE),
    "IMPORT_ROLLBACK_FAILED": Advice("refuse", "an import could not be rolled back",
                                     "adaptgen deploy --follow --stack {stack} says what to repair"),
}  # fmt: skip
"""By StackStatus; "" for no stack."""


def advise(status: str) -> Advice:
    """What to do; a state that AWS added since is left alone."""
    unknown = Advice("refuse", "adaptgen does not know this state", "upgrade adaptgen, or look at it in the console")
    return ADVICE.get(status, unknown)


def refused(stack: str, status: str, advice: Advice, more: str = "") -> AdaptgenError:
    """The error for a stack that is left alone."""
    says = f": {advice.says}" if advice.says else ""
    message = f"the stack {stack} is {status}{says}{f'; {more}' if more else ''}"
    return error("AG111", message, help=(advice.help or _DELETE).format(stack=stack))
