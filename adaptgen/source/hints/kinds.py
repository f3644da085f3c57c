"""The kinds of text that hints hold, and the dialect of what people write for a build."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from adaptgen.config.checker import Checker, dotted, template_parts
from adaptgen.config.types import Dialect, KeyPath, TextKind
from adaptgen.pii.secret_formats import find_random, find_secrets
from adaptgen.syntax import field_paths

_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
"""Categories of Unicode: controls, formats, unassigned, private, surrogates, separators of lines."""


def check_template(checker: Checker, value: str, at: KeyPath) -> None:
    """Report a text that is not a template of ``adaptgen.syntax.templates``."""
    if value:
        template_parts(checker, value, at, "AG035")
    else:
        checker.report(f"{dotted(at)} is empty", at)


def _check_base_url(checker: Checker, value: str, at: KeyPath) -> None:
    """A template of an http or https URL; what begins with a reference, or is relative, may become one."""
    check_template(checker, value, at)
    scheme, separator, _ = value.partition("://")
    if value and (scheme.lower() not in ("http", "https") if separator else value[0] not in "/{$"):
        checker.report(f"{dotted(at)} must be an http or https URL", at, "write https://HOST/PATH")
    if "@" in value.partition("://")[2].partition("/")[0]:
        message = f"{dotted(at)} holds a user or a password, which would be in the generated server"
        checker.report(message, at, "write https://HOST/PATH, and the credential under auth with ${env:NAME}")


def check_secret(checker: Checker, value: str, at: KeyPath) -> None:
    """A template that refers to a secret; one that holds it would be written into the generated server."""
    if not value:
        checker.report(f"{dotted(at)} is empty", at)
        return
    parts = template_parts(checker, value, at, "AG035")
    if parts is not None and all(isinstance(part, str) for part in parts):
        message = f"{dotted(at)} must refer to a secret, not contain it: it would be in the generated server"
        checker.report(message, at, "write ${env:NAME} and set the variable")


def _check_path(checker: Checker, value: str, at: KeyPath) -> None:
    if value.startswith("$"):
        _check_jsonpath(checker, value, at)
        return
    if not value:
        checker.report(f"{dotted(at)} is empty", at)
        return
    try:
        field_paths.parse(value)
    except ValueError as broken:
        help = "write it like organization.name or tags[*].name"
        checker.report(f"{dotted(at)}: {broken}", at, help, "AG036")


def _check_place(checker: Checker, value: str, at: KeyPath) -> None:
    if value.startswith("$"):
        _check_jsonpath(checker, value, at)


def _check_jsonpath(checker: Checker, value: str, at: KeyPath) -> None:
    if not re.search(r"\.\.|[?(,]", value):  # a plain path needs no parser
        rest = value[1:].removeprefix(".")
        fits = value == "$" or (rest != "" and _parses(field_paths.parse, rest))
    else:
        from jsonpath_ng.ext.parser import parse as parse_jsonpath

        fits = _parses(parse_jsonpath, value)
    if not fits:
        checker.report(f"{dotted(at)}: {value!r} is not a JSONPath", at, "write it like $.data.items", "AG036")


def _parses(parser: Callable[[str], Any], text: str) -> bool:
    try:
        parser(text)
    except Exception:  # jsonpath-ng raises bare Exception too
        return False
    return True


def _check_words(checker: Checker, value: str, at: KeyPath) -> None:
    """Words that search reads: one line, without characters that cannot be seen, without secrets and references."""
    if any(unicodedata.category(character) in _UNSEEN for character in value):
        checker.report(f"{dotted(at)} has a character that cannot be seen", at, "write it in one line of plain text")
    elif "${" in value:
        checker.report(f"{dotted(at)} has a reference", at, "write plain words: references are not resolved here")
    elif find_secrets(value) or any(find_random(value)):
        checker.report(f"{dotted(at)} has a text that looks like a secret", at, "write plain words")


# Of a template, a secret and a path the published schema does not say that they may not be empty.
KINDS = {
    "text": TextKind(filled=False),
    "file": TextKind(filled=False),
    "template": TextKind(filled=False, check=check_template),
    "base_url": TextKind(filled=False, check=_check_base_url),
    "secret": TextKind(filled=False, check=check_secret),
    "path": TextKind(filled=False, check=_check_path),
    "name": TextKind(r"^[A-Za-z][A-Za-z0-9_-]{0,63}$", "a name of letters, digits, _ and -, such as crm"),
    "tool": TextKind(
        r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        "a name of letters, digits and _, such as find_contacts",
        help='write the operation under call: find_contacts: {call: "GET /contacts"}',
    ),
    "auth": TextKind(
        r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        "a name of letters, digits and _, such as crm_login",
        help="name the auth with letters, digits and _, as adaptgen build shows a security scheme: My Auth is my_auth",
    ),
    "call": TextKind(
        r"^(?i:get|put|post|delete|options|head|patch|trace) +(/|https?://|\$\{)\S*$",
        "a method and a path, such as GET /api/contacts/",
    ),
    "hide": TextKind(
        r"^(deprecated|tag:.+|((?i:get|put|post|delete|options|head|patch|trace)|\*) +/\S*)$",
        "deprecated, tag:internal or a method and a path pattern, such as POST /api/auth/*",
        words=("deprecated",),
    ),
    "jsonpath": TextKind(r"^\$", "a JSONPath, such as $.results", check=_check_jsonpath, code="AG036"),
    "place": TextKind(
        r"^(\$|header:.|cookie:.)",
        "a JSONPath such as $.token, header:<Name> or cookie:<name>",
        check=_check_place,
        code="AG036",
    ),
    "saved": TextKind(
        r"^(\$|header:.|cookie:.|find:(token|csrf)$)",
        "a JSONPath such as $.token, header:<Name>, cookie:<name>, find:token or find:csrf",
        check=_check_place,
        code="AG036",
    ),
    "variable": TextKind(r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable, such as CRM_TOKEN"),
    "rate": TextKind(r"^[1-9][0-9]{0,5}/(s|m|h)$", "a rate such as 50/s"),
    "origin": TextKind(r"^(?i:https?)://[^/\s?#@\\{}$]+/?$", "scheme and host, such as https://files.example.com"),
    # Of the schema of server.json; the namespace also as labels of DNS (RFC 1035, 2.3.1).
    "namespace": TextKind(
        r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$",
        "a name in reverse-DNS form, such as com.example",
    ),
    "release": TextKind(r"^[0-9][0-9A-Za-z.+_-]{0,99}$", "one release, such as 1.4.0"),
    "endpoint": TextKind(
        r"^https://[^\s/?#@{}]+(/[^\s?#{}]*)?$", "a URL with https, such as https://mcp.example.com/mcp"
    ),
    "image": TextKind(
        r"^[A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_.-]+|@sha256:[0-9a-f]{64})$",
        "an image with its tag or digest, such as registry.example.com/crm:1.4.0",
    ),
    # token of RFC 9110, section 5.6.2
    "header": TextKind(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "the name of a header"),
    "words": TextKind(most=300, check=_check_words),
    "separators": TextKind(r"^[/\\;?#]*$", "separators of an address, such as /", filled=False),
}
"""``template``: of ``adaptgen.syntax.templates``; ``secret``: one that refers to a secret. ``path``: a path of fields.
``place``: where a value is in an answer; ``saved``: also what is searched for."""

HINTS_DIALECT = Dialect(KINDS, "AG031", "AG030", units=("ms", "s", "m", "h"), duration_bounds=True)
