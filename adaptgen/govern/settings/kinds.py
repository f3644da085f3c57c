"""The kinds of text that the governance settings hold."""

from __future__ import annotations

import re
from functools import partial

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.types import Dialect, KeyPath, TextKind
from adaptgen.diagnostics import did_you_mean
from adaptgen.govern.settings.key_files import REFERENCE
from adaptgen.govern.settings.model import CONSOLE
from adaptgen.govern.settings.model import KINDS as KNOWN_KINDS
from adaptgen.net.addresses import UrlProblem, find_problem
from adaptgen.syntax import field_paths
from adaptgen.syntax.templates import Placeholder, Reference, TemplateError, parse


def _check_printable(checker: Checker, value: str, at: KeyPath) -> None:
    if re.search(r"[\x00-\x1f\x7f]", value):
        checker.report(f"{dotted(at)} holds control characters", at)


def _check_template(checker: Checker, value: str, at: KeyPath, kind: str = "template") -> None:
    try:
        parts = parse(value)
    except TemplateError as broken:
        # What the reader of templates says quotes the text, and the text of a secret may be one.
        why = "is not a reference" if kind == "secret" else str(broken)
        checker.report(f"{dotted(at)}: {why}", at, "${env:NAME}, ${secret:NAME#KEY} or ${ssm:/PATH}", "AG071")
        return
    for part in parts:
        if isinstance(part, Placeholder):
            help = "only ${env:NAME}, ${secret:NAME#KEY} and ${ssm:/PATH} are filled in here"
            checker.report(f"{dotted(at)}: there is nothing that {{{part.name}}} could stand for", at, help, "AG071")
            return
    if kind == "secret" and not any(isinstance(part, Reference) for part in parts):
        help = 'write "${secret:name#key}" or "${env:NAME}"'
        checker.report(f"{dotted(at)} must refer to a secret and not hold it", at, help, "AG073")
    elif kind == "url" and all(isinstance(part, str) for part in parts):
        text = "".join(map(str, parts))
        if problem := find_problem(text):
            quoted = "the URL" if problem == UrlProblem.CREDENTIALS else repr(text)
            checker.report(f"{dotted(at)}: {quoted} {problem}", at, "https, or http on loopback")


def _check_key(checker: Checker, value: str, at: KeyPath) -> None:
    if not REFERENCE.fullmatch(value):
        _check_template(checker, value, at, "secret")


def _check_collector(checker: Checker, value: str, at: KeyPath) -> None:
    _check_template(checker, value, at)
    if value != CONSOLE and not value.startswith(("${", "http://", "https://")):
        help = did_you_mean(value, (CONSOLE,)) or "https://collector.example:4318, or console"
        checker.report(f"{dotted(at)}: {value!r} is neither the URL of a collector nor {CONSOLE}", at, help)


def _check_path(checker: Checker, value: str, at: KeyPath) -> None:
    if value.startswith(("$", "/")):
        return
    try:
        field_paths.parse(value)
    except ValueError as broken:
        checker.report(f"{dotted(at)}: {broken}", at, "write it like customer.email or contacts[*].email")


KINDS = {
    "text": TextKind(check=_check_printable),
    "sink": TextKind(check=_check_printable),
    "template": TextKind(check=_check_template),
    "secret": TextKind(check=partial(_check_template, kind="secret")),
    "collector": TextKind(check=_check_collector),
    "key": TextKind(check=_check_key),
    "url": TextKind(check=partial(_check_template, kind="url")),
    "path": TextKind(check=_check_path),
    "name": TextKind(r"^[A-Za-z][A-Za-z0-9_.-]{0,127}$", "a name such as crm"),
    "upstream": TextKind(r"^[A-Za-z](?:_?[A-Za-z0-9-])*$", "a name of letters, digits, - and single _, such as crm"),
    "prefix": TextKind(
        r"^[A-Za-z0-9_.-]{0,64}$", "a prefix of letters, digits, _, . and -, such as crm__", filled=False
    ),
    "address": TextKind(
        r"^(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):)?[0-9]{1,5}$", "an address such as 127.0.0.1:8000"
    ),
    "kind": TextKind(
        r"^[a-z][a-z0-9_]{0,31}$",
        "a kind such as email",
        words=KNOWN_KINDS,
        help=f"one of {', '.join(KNOWN_KINDS)}, or a kind of your own in lower case",
    ),
    "tool": TextKind(r"^\S{1,256}$", "the name of a tool such as crm/find_contacts"),
    "glob": TextKind(r"^\S{1,512}$", "a name without spaces, such as crm/*"),
    "source": TextKind(
        r"^(?:s3://[^/\s]+/[^\s]*[^\s/]|appconfig://[^/\s]+/[^/\s]+/[^/\s]+|(?![A-Za-z0-9+.-]+://)\S.*)$",
        "a file, s3://bucket/key or appconfig://application/environment/profile",
    ),
    "bucket": TextKind(r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()/-]*)?$", "s3://bucket/prefix"),
    "hook": TextKind(
        r"^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$", "package.module:function"
    ),
    "key_id": TextKind(r"^[a-z][a-z0-9]$", "a key id of a letter and a letter or digit, such as k1"),
    "media_type": TextKind(
        r"^[A-Za-z0-9!#$&^_.+-]+/(?:\*|[A-Za-z0-9!#$&^_.+-]+)$", "a media type such as application/pdf"
    ),
    "claim": TextKind(r"^\S{1,256}$", "the name of a claim, such as sub"),
    "region": TextKind(r"^[a-z]{2}(?:-[a-z]+)+-[0-9]$", "a region such as eu-central-1"),
    "host": TextKind(r"^[^\s/\\@]{1,255}$", "a host such as mcp.bank.example"),
    "redirect": TextKind(
        r"^[^\s/\\@]{1,255}$",
        "a host such as claude.ai, or a private-use scheme such as cursor",
        help="write the host alone, without scheme, port and path; loopback needs no entry",
    ),
}
"""``template``: of ``adaptgen.syntax.templates`` without placeholders; ``secret``: one that refers to a secret;
``key``: the same, or ``${file:PATH}``;
``url``: one of an absolute URL, https, or http on loopback."""

SETTINGS_DIALECT = Dialect(KINDS, "AG070", "AG070")
