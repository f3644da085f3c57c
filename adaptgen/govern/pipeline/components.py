"""The parts of a pipeline that change together when the settings change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adaptgen.govern.tokenization.argument_checks import ArgumentChecks
from adaptgen.model.caller import LOCAL, Caller
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.govern.authorization.authorizer import Authorizer
    from adaptgen.govern.identity.authenticator import Authenticator
    from adaptgen.govern.identity.identity_assertion import AssertionVerifier
    from adaptgen.govern.limits.kill_switch import Switch
    from adaptgen.govern.limits.rate_limiter import Limiter
    from adaptgen.govern.pipeline.hooks import Hooks
    from adaptgen.govern.settings.model import Settings
    from adaptgen.govern.tokenization.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Components:
    """One generation of the settings, put to work. A request uses the generation with which it began.

    ``local``: who calls on stdio. ``authenticator`` None: the local caller alone. ``authorizer`` None: everything
    that the target has is permitted (behind a proxy, which has decided; or one local caller). ``tokenizer`` None:
    nothing is tokenized. ``acceptance``: identities come from the proxy. ``published``: the public keys (JWK Set) of
    the identities that this proxy hands over. ``checks``: the arguments of every tool, by its schema.
    """

    settings: Settings
    local: Caller = LOCAL
    authenticator: Authenticator | None = None
    acceptance: AssertionVerifier | None = None
    authorizer: Authorizer | None = None
    tokenizer: Tokenizer | None = None
    limiter: Limiter | None = None
    switch: Switch | None = None
    hooks: Hooks | None = None
    published: Mapping[str, Json] | None = None
    checks: ArgumentChecks = field(default_factory=ArgumentChecks)
