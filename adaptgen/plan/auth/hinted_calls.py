"""The calls that hints log in with: operations of this document or of another one, or calls that none describes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from adaptgen.diagnostics import error
from adaptgen.model.tables import Base, Call
from adaptgen.plan.auth.field_roles import LoginInput, read_inputs
from adaptgen.plan.auth.login_request import build_call, constant
from adaptgen.plan.auth.security_schemes import identifier, server_url
from adaptgen.plan.document.base_urls import follows, is_address, origin_of, prefix
from adaptgen.plan.document.operation_refs import operations_help
from adaptgen.plan.document.reader import PLACEHOLDER, Operation, server_urls
from adaptgen.plan.document.reader import operations as read_operations
from adaptgen.plan.document.schemas import MISSING, shape
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import CallHint, Hints

Keys = tuple[str | int, ...]


class HintedCalls:
    """The calls of one server's hints. ``served``: pointer of an operation -> name of the auth that calls it;
    ``bases``: of the other documents that are called."""

    def __init__(self, document: Document, operations: Sequence[Operation], hints: Hints, name: str) -> None:
        self.document, self.operations, self.hints, self.name = document, operations, hints, name
        self.served: dict[str, str] = {}
        self.bases: dict[str, Base] = {}
        self.others: dict[str, list[Operation]] = {}

    def call(
        self, auth: str, hint: CallHint, values: Mapping[str, Any], keys: Keys, supplied: Collection[str] = ()
    ) -> Call:
        """The call that ``hint`` at ``keys`` names, with ``values`` (templates by the name of an input), for ``auth``.
        ``supplied``: inputs that are sent next to it, as credentials and cookies.

        Raises:
            AdaptgenError: no such document or operation (AG033), an input that it does not have or lacks (AG034).
        """
        if re.match(r"https?://|\$\{", hint.path) and not hint.document:
            return self.foreign(hint, values)
        document, operations, base = self.document, self.operations, ""
        if hint.document:
            document, operations, base = self.other(hint.document, keys)
        operation = match(operations, hint.method, hint.path)
        if operation is None:
            where = self.hints.where(*keys, "call")
            close = difflib.get_close_matches(f"{hint.method} {hint.path}", [one.key for one in operations], 1, 0.5)
            place = f"{hint.document} has" if hint.document else "the document has"
            help = f"did you mean {close[0]!r}?" if close else operations_help([one.key for one in operations])
            raise error("AG033", f"{place} no operation {hint.method} {hint.path}", where, help)
        if not hint.document:
            self.served.setdefault(operation.pointer, auth)
        placed = self.placed(document, operation, values, keys, supplied)
        made = build_call(operation, placed)
        return Call(made.method, made.path, made.path_params, made.query, made.headers, made.cookies, made.body, base)

    def foreign(self, hint: CallHint, values: Mapping[str, Any]) -> Call:
        """A call of a service that no document describes: a body of JSON, or a query for GET."""
        place = "query" if hint.method in {"GET", "HEAD", "DELETE"} else "body"
        empty = Operation(
            hint.method, hint.path, "", hint.path, None, "", "", (), (), None, (), None, (), False, (), {}
        )
        return build_call(empty, [((place, key), value) for key, value in values.items()])

    def other(self, path: str, keys: Keys) -> tuple[Document, Sequence[Operation], str]:
        document = self.hints.documents.get(path)
        if document is None:
            raise error("AG033", f"the document {path!r} is not there", self.hints.where(*keys, "call"))
        if path not in self.others:
            self.others[path] = read_operations(document)[0]
        declared = server_url(document)
        url = self.beside(declared) if not origin_of(declared) or is_address(declared, self.hints) else ""
        if not declared:
            return document, self.others[path], ""
        base = identifier(PurePosixPath(path).stem)
        env = f"{prefix(self.name)}_{prefix(base)}_BASE_URL"
        main = next((one for one in server_urls(self.document.root.get("servers")) if "://" in one), "")
        self.bases.setdefault(base, Base(url, env, base, follows(url, main)))
        return document, self.others[path], base

    def beside(self, url: str) -> str:
        """The template of another document's server: its URL, resolved against the main base (RFC 3986, 5) where it is
        relative. What an environment variable holds is taken for a URL without a path."""
        if not url.startswith("/"):
            return escape(url)
        main = self.hints.base_url or f"${{env:{prefix(self.name)}_BASE_URL}}"
        if not self.hints.base_url:
            declared = [one for one in server_urls(self.document.root.get("servers")) if "://" in one]
            main = escape(declared[0]) if declared else main
        return urljoin(main, url) if main.startswith(("http://", "https://")) else f"{main.rstrip('/')}{url}"

    def placed(
        self,
        document: Document,
        operation: Operation,
        values: Mapping[str, Any],
        keys: Keys,
        supplied: Collection[str] = (),
    ) -> list[tuple[tuple[str, ...], Any]]:
        """Where each value goes: the body before the query, path, header and cookie; ``a.b`` into objects."""
        declared = read_inputs(document, operation)
        placed = [(self.target(document, operation, declared, name, keys), value) for name, value in values.items()]
        targets = {target for target, _ in placed}
        for each in declared:
            target = (each.place, *each.keys)
            filled = any(target[: len(other)] == other for other in targets)
            if each.required and not filled and (value := constant(each)) is not MISSING:
                placed.append((target, value))
        targets = {target for target, _ in placed}
        unfilled = {each.name for each in declared if each.required and not _is_filled(each, targets)} - {*supplied}
        if unfilled:
            message = f"{operation.key} requires {', '.join(map(repr, sorted(unfilled)))}, but nothing fills it"
            raise error("AG034", message, self.hints.where(*keys, "with"), "add it to with:")
        missing = set(PLACEHOLDER.findall(operation.path)) - {target[1] for target in targets if target[0] == "path"}
        if missing:
            message = f"{operation.key} needs {', '.join(map(repr, sorted(missing)))}"
            raise error("AG034", message, self.hints.where(*keys, "with"), "add it to with:")
        return placed

    def target(
        self, document: Document, operation: Operation, declared: Sequence[LoginInput], name: str, keys: Keys
    ) -> tuple[str, ...]:
        """Where the value called ``name`` goes."""
        order = ("body", "query", "path", "header", "cookie")
        fitting = [each for each in declared if ".".join(each.keys) == name or each.name == name]
        if fitting:
            best = min(fitting, key=lambda each: (len(each.keys), order.index(each.place)))
            return (best.place, *best.keys)
        if self.open_body(document, operation):
            return ("body", *(name.split(".") if operation.body is None else (name,)))
        if any(each.keys[:1] == (name,) and each.place == "body" for each in declared):
            return ("body", name)
        names = sorted({each.name for each in declared})
        close = difflib.get_close_matches(name, names, 1)
        help = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"
        raise error("AG034", f"{operation.key} has no input {name!r}", self.hints.where(*keys, "with", name), help)

    def open_body(self, document: Document, operation: Operation) -> bool:
        if operation.body is None:
            return operation.method in {"POST", "PUT", "PATCH"}
        one = shape(document, operation.body.schema)
        return not one.properties or bool(one.additional)


def _is_filled(one: LoginInput, targets: set[tuple[str, ...]]) -> bool:
    """Whether a value goes to an input, into it, or to what holds it."""
    own = (one.place, *one.keys)
    return any(own[: len(each)] == each or each[: len(own)] == own for each in targets)


def match(operations: Sequence[Operation], method: str, path: str) -> Operation | None:
    """The operation that a hint names; placeholders may have other names than in the document."""
    exact = [one for one in operations if one.method == method.upper() and path in (one.written, one.path)]
    if exact:
        return exact[0]
    wanted = PLACEHOLDER.sub("{}", path)
    loose = [one for one in operations if one.method == method.upper() and PLACEHOLDER.sub("{}", one.path) == wanted]
    return loose[0] if len(loose) == 1 else None
