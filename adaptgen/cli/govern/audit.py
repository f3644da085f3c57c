"""``adaptgen audit verify``: whether an audit trail holds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from adaptgen.cli import terminal
from adaptgen.cli.entry import DONE, FINDING
from adaptgen.diagnostics import Where, error
from adaptgen.govern.audit.verify import Verifier
from adaptgen.govern.settings.audit_signing import public_keys
from adaptgen.govern.settings.keys import symmetric
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import TemplateError, fill, references

VARIABLE = "ADAPTGEN_AUDIT_KEY"


def run(options: SimpleNamespace) -> int:
    """Print what does not hold; exit code 1 where something does not. AG001 for files, AG071 and AG073 for keys."""
    templates = options.key or [f"${{env:{VARIABLE}}}"]
    keys = [key for one in templates for key in asyncio.run(_keys(one, os.environ))]
    verifier = Verifier(keys, _signers(options.public_key) if options.public_key else None)
    if options.checkpoints is not None:
        verifier.hold(options.checkpoints)
    for path in options.files:
        verifier.trail(path)
    found = verifier.finish(running=options.running)
    terminal.diagnostics(found)
    verdict = terminal.count(len(found), "finding") if found else "the trail holds"
    lines, chains = terminal.count(verifier.lines, "line"), terminal.count(verifier.chains, "chain")
    terminal.say(f"{verdict}: {lines} in {chains}")
    if verifier.unchecked:
        terminal.say(f"{terminal.count(verifier.unchecked, 'signature')} not checked: pass --public-key")
    return FINDING if found else DONE


def _signers(paths: Sequence[Path]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in paths:
        try:
            found |= public_keys(path.read_text(encoding="utf-8"))
        except OSError as why:
            raise error("AG001", f"the public key cannot be read: {why.strerror}", Where(path.as_posix())) from None
        except ValueError as why:
            help = "openssl pkey -in private.pem -pubout, or aws kms get-public-key"
            raise error("AG073", f"--public-key: {why}", Where(path.as_posix()), help) from None
    return found


async def _keys(template: str, environ: Mapping[str, str]) -> list[bytes]:
    """The keys behind a template; several, of which some are out of use, are separated by spaces."""
    try:
        credentials = Credentials(environ)
        named = references(template)
        if not named:
            raise error("AG073", "--key must refer to the key and not hold it: others can read command lines",
                        help="--key '${env:NAME}' or --key '${secret:name#key}'")  # fmt: skip
        await credentials.prepare(named, "holds the key of the audit trail")
        text = str(fill(template, {}, credentials.resolve))
    except (TemplateError, KeyError):
        raise error("AG071", "--key is not a reference", help="--key '${env:NAME}'") from None
    except ToolError as why:
        text = why.text.removesuffix("Nothing was sent.").strip().rstrip(".")
        raise error(
            "AG071", f"{text[:1].lower()}{text[1:]}", help=f"set {VARIABLE}, or pass --key '${{secret:name#key}}'"
        ) from None
    try:
        return [symmetric(one) for one in text.split()]
    except ValueError as why:
        help = f"set {VARIABLE} to the key of the settings: keys.audit"
        raise error("AG073", f"the audit key: {why}", help=help) from None
