"""Where the API is must not be where the machine finds its own credentials."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.model.tables import Server


def check_base_urls(server: Server, environ: Mapping[str, str]) -> None:
    """Refuse default base URLs that are link-local or lead to a metadata service. What the operator sets in the
    environment is the operator's word, and not judged.

    Raises:
        AdaptgenError: AG026 for each.
    """
    findings: list[Diagnostic] = []
    for base in server.bases:
        if not base.url or (base.env and environ.get(base.env, "").strip()) or _is_plain(base.url):
            continue
        from adaptgen.net.addresses import UrlProblem, is_metadata_url

        if is_metadata_url(base.url):
            text = f"the base URL {base.url} {UrlProblem.METADATA}; calls would reach the credentials of this machine"
            help = (
                f"set {base.env} to the address of the API" if base.env else "change server.base_url, and build again"
            )
            findings.append(Diagnostic("AG026", text, None, help))
    if findings:
        raise AdaptgenError(*findings)


def _is_plain(url: str) -> bool:
    """Whether a look is enough: a name under a top-level domain, as nearly all are, or one that a reference gives."""
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    ending = host.rpartition(".")[2]
    ordinary = host.isascii() and ending.isalpha() and ending != "io" and "data" not in host and "%" not in host
    return "${" in host or (ordinary and "@" not in url and "\\" not in url)
