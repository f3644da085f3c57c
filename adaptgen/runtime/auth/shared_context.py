"""What the sessions of one server share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adaptgen.model.tables import Login, Send
from adaptgen.runtime.auth.destinations import Destinations
from adaptgen.runtime.auth.login_attempts import Attempts
from adaptgen.runtime.auth.session_files import StateFiles
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.aws.assume_role import Roles
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.http.client import Client
from adaptgen.runtime.http.response import Response

if TYPE_CHECKING:
    from adaptgen.runtime.auth.accounts import Accounts

Address = Callable[[str], str]
"""From the name of a base to its URL."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SessionContext:
    """``files``: where those of ``store="file"`` live; ``shared``: where those of
    ``store="redis"`` and ``"dynamodb"`` do; ``region``: of AWS, where nothing else says it; ``attempts``: the logins
    that failed; ``forms``: auth -> how its token is sent, once this process knows; ``client_forms``: auth -> which of
    :func:`~adaptgen.runtime.auth.credentials_in_requests.client_forms` its token endpoint took; ``observe``: is handed
    the answer of each login; ``accounts``: those that callers connect themselves, where an auth has any."""

    server: str
    credentials: Credentials
    client: Client
    address: Address
    destinations: Destinations
    files: StateFiles
    region: str = ""
    shared: SharedSessionStore | None = None
    roles: Roles = field(default_factory=Roles)
    attempts: Attempts = field(default_factory=Attempts)
    forms: dict[str, tuple[Send, ...]] = field(default_factory=dict)
    client_forms: dict[str, int] = field(default_factory=dict)
    observe: Callable[[Login, Response], None] | None = None
    accounts: Accounts | None = None
