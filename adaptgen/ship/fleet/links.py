"""What one stack must know of another: which of its parameters come from whom.

The settings say it. A proxy's ``upstreams.crm.url: "${env:CRM_URL}"`` is the URL of the stack ``crm``; a server's
``accept.issuer: "${env:PROXY_RESOURCE}"`` is the public URL of the proxy that has it as an upstream. What a stage file
says itself is never looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.govern.settings.model import Upstream
from adaptgen.model.frozen import value
from adaptgen.ship.fleet.members import Member
from adaptgen.ship.stack.cloudformation import pascal

Wanted = Literal["Url", "Resource", "FunctionArn", "RoleArn", "PublicKeys"]
"""What is known of a member: outputs of its stack, its public URL as its settings have it, and the public part of its
handover key."""

_ENV = re.compile(r"\$\{env:([^}]+)\}")


@value()
class Link:
    """The parameter ``parameter`` of the stack of ``member`` is ``wanted`` of the member ``source``."""

    member: str
    parameter: str
    source: str
    wanted: Wanted


def find_links(members: Sequence[Member]) -> tuple[Link, ...]:
    """Every link, proxies' first.

    Raises:
        AdaptgenError: AG117 where two settings contradict each other, every one at once.
    """
    found: dict[tuple[str, str], Link] = {}
    errors: list[Diagnostic] = []
    by_name = {one.name: one for one in members}
    for link in (*_own_urls(members), *_between(members, errors)):
        member = by_name[link.member]
        if _is_said(member, link.parameter):
            continue
        known = found.setdefault((link.member, link.parameter), link)
        if (known.source, known.wanted) != (link.source, link.wanted):
            message = (
                f"{link.parameter} of {link.member} is the {known.wanted} of {known.source} and the "
                f"{link.wanted} of {link.source}"
            )
            help = "use two variables in the settings"
            errors.append(Diagnostic("AG117", message, member.deployable.settings.where("mode"), help))
        source = by_name[link.source]
        by_url = link.wanted == "Url" or (link.wanted == "Resource" and not resource_of(source))
        if by_url and not _has_url(source):
            message = f"{source.name} has no URL on AWS, and {link.parameter} of {link.member} is to be its URL"
            where = member.stage.where("parameters")
            errors.append(Diagnostic("AG117", message, where, f"parameters: {{{link.parameter}: https://…}}"))
    if errors:
        raise AdaptgenError(*errors)
    return tuple(found.values())


def upstreams_of(proxy: Member, members: Sequence[Member]) -> Iterator[tuple[str, Upstream, Member]]:
    """The upstreams of a proxy that are members too."""
    by_name = {_plain(one.name): one for one in members if not one.is_proxy}
    for name, upstream in proxy.deployable.settings.upstreams.items():
        server = by_name.get(_plain(name))
        if server is not None:
            yield name, upstream, server


def resource_of(member: Member) -> str:
    """The public URL of a member, as its settings or its stage file say it; "" where it is that of its stack."""
    template, said = member.deployable.settings.listen.resource, member.stage.parameters
    parameter = _variable(template)
    if not parameter:
        return "" if "${" in template else template
    domain = f"https://{said['DomainName']}/mcp" if said.get("DomainName") else ""
    return next((text for name, text in said.items() if parameter in (name, pascal(name))), domain)


def _own_urls(members: Sequence[Member]) -> Iterator[Link]:
    """Public URLs that are known when the function has one."""
    for one in members:
        settings = one.deployable.settings
        if settings.mode != "behind" and not resource_of(one) and (name := _variable(settings.listen.resource)):
            yield Link(one.name, name, one.name, "Url")


def _between(members: Sequence[Member], errors: list[Diagnostic]) -> Iterator[Link]:
    proxies: dict[str, Member] = {}
    for proxy in members:
        if not proxy.is_proxy:
            continue
        for name, upstream, server in upstreams_of(proxy, members):
            other = proxies.setdefault(server.name, proxy)
            if other is not proxy:
                message = f"{server.name} is behind {other.name} and {proxy.name}, and accepts one proxy"
                errors.append(Diagnostic("AG117", message, proxy.deployable.settings.where("upstreams", name)))
                continue
            errors += _misfits(proxy, name, upstream, server)
            yield from _pair(proxy, name, upstream, server)


def _pair(proxy: Member, name: str, upstream: Upstream, server: Member) -> Iterator[Link]:
    if variable := _variable(upstream.url):
        yield Link(proxy.name, variable, server.name, "Url")
    if upstream.auth.kind == "sigv4" and upstream.auth.service == "lambda" and not upstream.auth.role:
        yield Link(proxy.name, f"{pascal(name)}Arn", server.name, "FunctionArn")
    accept = server.deployable.settings.accept
    if accept is None:
        return
    yield Link(server.name, "ProxyRoleArn", proxy.name, "RoleArn")
    if variable := _variable(accept.issuer):
        yield Link(server.name, variable, proxy.name, "Resource")
    if isinstance(accept.jwks, str) and (variable := _variable(accept.jwks)):
        yield Link(server.name, variable, proxy.name, "PublicKeys")
    if variable := _variable(accept.principal):
        yield Link(server.name, variable, proxy.name, "RoleArn")


def _misfits(proxy: Member, name: str, upstream: Upstream, server: Member) -> Iterator[Diagnostic]:
    """Settings that are right alone and wrong together: every call would fail."""
    settings, accept = proxy.deployable.settings, server.deployable.settings.accept
    at = settings.where("upstreams", name)
    mode = server.deployable.settings.mode
    if accept is None:
        if upstream.handover:
            message = f"{proxy.name} hands identities to {name}, and {server.name} is mode: {mode}"
            yield Diagnostic("AG117", message, at, f"governance: ../behind.yaml in {server.stage.file}")
        return
    if not upstream.handover:
        message = f"{server.name} serves callers that its proxy vouches for, and {proxy.name} hands it no identity"
        yield Diagnostic("AG117", message, at, f"upstreams: {{{name}: {{…, handover: {accept.audience}}}}}")
    elif "${" not in upstream.handover + accept.audience and upstream.handover != accept.audience:
        message = (
            f"{proxy.name} makes identities for {upstream.handover!r}, and {server.name} accepts {accept.audience!r}"
        )
        yield Diagnostic("AG117", message, at, "write the same for handover and accept.audience")
    if upstream.auth.kind != "sigv4" and _variable(upstream.url):
        message = (
            f"the Function URL of {server.name} is for the role of {proxy.name}, which does not sign requests to it"
        )
        yield Diagnostic("AG117", message, at, f"upstreams: {{{name}: {{…, auth: sigv4}}}}")
    issuer, resource = accept.issuer, settings.listen.resource
    if "${" not in issuer + resource and issuer != resource:
        message = f"{proxy.name} signs as {resource!r}, and {server.name} accepts {issuer!r}"
        where = server.deployable.settings.where("accept", "issuer")
        yield Diagnostic("AG117", message, where, "accept.issuer is listen.resource of the proxy")


def _has_url(member: Member) -> bool:
    """Whether its stack has the output ``Url``."""
    said = member.stage.parameters
    return said.get("FunctionUrl") != "false" or said.get("Gateway", "none") != "none"


def _is_said(member: Member, parameter: str) -> bool:
    """Whether the stage file says it, by the name of the variable or of the parameter."""
    said: Mapping[str, str] = member.stage.parameters
    return any(parameter in (one, pascal(one)) for one in said)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


def _variable(template: str) -> str:
    """The parameter of the environment variable that a template consists of; "" for any other template."""
    found = _ENV.fullmatch(template)
    return pascal(found[1]) if found else ""
