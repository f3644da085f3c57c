"""Which endpoint a command line names, and where its key is.

A key goes to the address that it belongs to and nowhere else: ``OPENAI_API_KEY`` to ``OPENAI_BASE_URL`` or OpenAI,
``ANTHROPIC_API_KEY`` likewise, ``ADAPTGEN_MODEL_API_KEY`` to an address that the command line names.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.evals.agent.conversation import Settings
from adaptgen.evals.agent.endpoints.base import TIMEOUT, Endpoint
from adaptgen.net.addresses import find_problem

_CODE = "AG104"
KEY = "ADAPTGEN_MODEL_API_KEY"
FORMS = "openai, anthropic, bedrock, their addresses (anthropic:URL, bedrock:REGION), URL, or command:PROGRAM"
_OPENAI, _ANTHROPIC = "https://api.openai.com/v1", "https://api.anthropic.com"


def kind_of(named: str) -> str:
    """The wire form of an endpoint: ``openai``, ``anthropic``, ``bedrock`` or ``command``."""
    head = named.partition(":")[0]
    return head if head in ("openai", "anthropic", "bedrock", "command") else "openai"


def open_endpoint(named: str, settings: Settings, environ: Mapping[str, str], *, timeout: float = TIMEOUT) -> Endpoint:
    """The endpoint that ``named`` means: one of :data:`FORMS`.

    Raises:
        AdaptgenError: AG104, the endpoint is not known, its key is missing, or it does not know a setting.
    """
    kind = kind_of(named)
    head, _, rest = named.partition(":")
    given = rest if head == kind else named
    if settings.seed is not None and kind not in ("openai", "command"):
        raise error(_CODE, f"{kind} takes no seed", help="leave --seed out; --temperature 0 varies less")
    if kind == "command":
        return _command(given, timeout)
    if kind == "bedrock":
        from adaptgen.evals.agent.endpoints.bedrock import BedrockEndpoint

        is_url = "://" in given
        return BedrockEndpoint("" if is_url else given, _checked(given) if is_url else "", timeout=timeout)
    if kind == "anthropic":
        from adaptgen.evals.agent.endpoints.anthropic import AnthropicEndpoint

        base, key = _address(given, "ANTHROPIC", _ANTHROPIC, environ)
        return AnthropicEndpoint(base, key, timeout=timeout)
    from adaptgen.evals.agent.endpoints.openai import OpenAiEndpoint

    base, key = _address(given, "OPENAI", _OPENAI, environ)
    return OpenAiEndpoint(base, key, timeout=timeout)


def _read_key(variable: str, environ: Mapping[str, str]) -> str:
    """The key in a variable, which goes into a header (RFC 9110, 5.5)."""
    key = environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise error(_CODE, f"{variable} holds characters that no header can carry", help="copy the key again")
    return key


def _address(given: str, vendor: str, default: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Where to send requests, and the key for it."""
    if given:
        return _checked(given), _read_key(KEY, environ)
    base = environ.get(f"{vendor}_BASE_URL", "").strip()
    key = _read_key(f"{vendor}_API_KEY", environ)
    if not key and not base:
        raise error(_CODE, f"no key is set for {default}", help=f"set {vendor}_API_KEY; or name another --endpoint")
    return _checked(base or default), key


def _checked(url: str) -> str:
    problem = find_problem(url)
    if problem is not None:
        raise _wrong(f"the address of the model {problem}")
    return url


def _command(given: str, timeout: float) -> Endpoint:
    from adaptgen.evals.agent.endpoints.command import CommandEndpoint

    try:
        words = shlex.split(given)
    except ValueError:
        words = []
    if not words:
        raise _wrong("the command of the model is empty, or a quote in it is not closed")
    return CommandEndpoint(words, timeout=timeout)


def _wrong(message: str) -> AdaptgenError:
    return error(_CODE, message, help=f"--endpoint takes {FORMS}")
