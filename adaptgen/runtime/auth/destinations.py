"""Where a credential of the environment may go. Its name comes from a document as a rule, and its author must not
choose the address as well: a person names it, in the environment or in the hints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from adaptgen.model.tables import Server
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.request import origin
from adaptgen.syntax.templates import Reference, fill, is_well_known

_Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True, repr=False)
class Destinations:
    """The decision for one server. ``address``: from the name of a base to its URL."""

    server: Server
    environ: Mapping[str, str]
    address: Callable[[str], str]
    resolve: Callable[[Reference], str]

    def check(self, credentials: Iterable[Reference], url: str) -> None:
        """Nothing where ``credentials`` that are set may be sent to ``url``, or used to log in for it.

        Raises:
            ToolError: nobody has named the address for them; the text has the line to write.
        """
        names = {one.name for one in credentials if one.kind == "env" and self.environ.get(one.name)}
        if not names:
            return
        target, named = origin(url), self._named()
        refused = [name for name in sorted(names) if target not in self._agreed(name, named)]
        if refused:
            raise ToolError(self._describe(refused, target))

    def _agreed(self, name: str, named: frozenset[_Origin]) -> frozenset[_Origin]:
        agreed = self._origins(self.server.credentials.get(name, ()))
        return agreed if is_well_known(name) else agreed | named

    def _named(self) -> frozenset[_Origin]:
        """The origins that a person named for the whole server, in the hints or in the environment."""
        urls = []
        for base in self.server.bases:
            if base.url not in self.server.declared or self.environ.get(base.env, "").strip():
                try:
                    urls.append(origin(self.address(base.name)))
                except ToolError:
                    continue
        return frozenset(urls) | self._origins(self.server.trusted)

    def _origins(self, templates: Iterable[str]) -> frozenset[_Origin]:
        origins = set()
        for template in templates:
            try:
                origins.add(origin(str(fill(template, {}, self.resolve)).strip()))
            except (ToolError, KeyError):
                continue
        return frozenset(origins)

    def _describe(self, names: list[str], target: _Origin) -> str:
        scheme, host, port = target
        shown = f"[{host}]" if ":" in host else host
        place = f"{scheme}://{shown}" if port == (443 if scheme == "https" else 80) else f"{scheme}://{shown}:{port}"
        lines = ", ".join(f'{name}: "{place}"' for name in names)
        variable = next((base.env for base in self.server.bases if base.env and self._is_at(base.name, target)), "")
        other = ""
        if variable and not any(map(is_well_known, names)):
            other = f", or set {variable} to the address of the API"
        are = "are" if len(names) > 1 else "is"
        return (
            f"{' and '.join(names)} {are} set: say where {'they' if len(names) > 1 else 'it'} may go. Only the "
            f"document names {place}. If that is the API, write in the hints: server: "
            f"{{credentials: {{{lines}}}}}{other}. Nothing was sent."
        )

    def _is_at(self, base: str, target: _Origin) -> bool:
        try:
            return origin(self.address(base)) == target
        except ToolError:
            return False
