"""``adaptgen dev issuer``: access tokens for trying governance out, and the issuer that servers verify them with."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.config.types import parse_duration
from adaptgen.diagnostics import error
from adaptgen.govern.identity.development import DevelopmentIssuer, load_key
from adaptgen.model.tables import Json
from adaptgen.transports import development_issuer


def run(options: SimpleNamespace) -> int:
    """Serve until a signal comes; with ``--print-token`` print one token and end."""
    seconds = parse_duration(options.ttl)
    if seconds is None or seconds < 1:
        raise error("AG058", f"--ttl cannot be {options.ttl!r}", None, "a time from one second on, such as 30s or 1h")
    if options.print_token and not options.sub:
        raise error("AG058", "--print-token needs --sub", None, "such as --sub bob --groups interns")
    groups, claims = split_groups(options.groups), split_claims(options.claims)

    def token(issuer: DevelopmentIssuer) -> str:
        return issuer.token(options.audience, seconds, options.sub, groups, claims)

    if options.print_token:
        issuer = DevelopmentIssuer(development_issuer.url_at(options.http), load_key(os.environ))
        terminal.say(token(issuer))
        return 0
    listener, url = development_issuer.listen(options.http)
    with listener:
        issuer = DevelopmentIssuer(url, load_key(os.environ))

        def issue() -> dict[str, Json]:
            return {"access_token": token(issuer), "token_type": "Bearer", "expires_in": int(seconds)}

        _announce(url, options, groups, token(issuer) if options.sub else "")
        try:
            development_issuer.serve(listener, issuer, issue if options.sub else None)
        except KeyboardInterrupt:
            pass  # the usual end of a server
    return 0


def split_groups(given: Sequence[str]) -> tuple[str, ...]:
    """The groups of ``--groups a,b --groups c``, each once."""
    return tuple(dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip()))


def split_claims(given: Sequence[str]) -> dict[str, str]:
    """The claims of ``--claim NAME=VALUE``; AG058 for anything else."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise error("AG058", f"--claim cannot be {text!r}", None, "NAME=VALUE, such as org=bank")
        found[name] = value
    return found


def _announce(url: str, options: SimpleNamespace, groups: Sequence[str], token: str) -> None:
    """What a person needs to use the issuer, on stdout; notices on stderr, where ``-q`` leaves them out."""
    if not options.quiet:
        terminal.print_error(f"issuer for development on {url}: anyone on this machine can be any caller")
    for line in (
        "authenticate:",
        f"  issuer: {url}",
        f"  audience: {options.audience}",
        "  caller: {groups: groups}",
    ):
        terminal.say(line)
    if token:
        who = f"{options.sub} [{', '.join(groups)}]"
        terminal.say()
        terminal.say(f"# a token for {terminal.clean(who)}, valid for {options.ttl}:")
        terminal.say(token)
    elif not options.quiet:
        terminal.print_error(
            "--sub bob --groups interns prints a token, and lets clients get one at its token_endpoint"
        )
    sys.stdout.flush()  # in a pipe too, before it serves
