"""The options of ``adaptgen eval`` about a model, and what they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from adaptgen.cli import terminal
from adaptgen.cli.commands import PATH
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.evals.agent.conversation import Settings
    from adaptgen.evals.agent.layer import LayerResult
    from adaptgen.evals.agent.loop import Agent
    from adaptgen.evals.model import Case
    from adaptgen.evals.recordings import Replay
    from adaptgen.evals.surface import Surface

_F = TypeVar("_F", bound=Callable[..., Any])
_CODE = "AG104"
_OPTIONS: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("--model", {"metavar": "NAME", "help": "L3: ask this model, and keep its conversations"}),
    (
        "--endpoint",
        {
            "metavar": "WHERE",
            "default": "openai",
            "help": "openai (default), anthropic, bedrock[:REGION], the URL of a chat completions API, anthropic:URL, "
            "or command:PROGRAM",
        },
    ),
    ("--replay", {"is_flag": True, "help": "L3 from recordings alone; with --model: of this model and settings"}),
    (
        "--trials",
        {"metavar": "K", "type": click.IntRange(1, 100), "default": 1, "help": "runs of each case, for pass^k"},
    ),
    ("--concurrency", {"metavar": "N", "type": click.IntRange(1, 32), "default": 1, "help": "cases at a time; 1"}),
    ("--budget", {"metavar": "AMOUNT", "help": "stop here: 2.50 (with --prices), or '200k tokens'"}),
    ("--prices", {"metavar": "FILE", "type": PATH, "help": "prices per million tokens: MODEL: {input: 3, output: 15}"}),
    ("--temperature", {"metavar": "T", "type": click.FloatRange(0, 2), "help": "default: that of the model"}),
    ("--seed", {"metavar": "N", "type": int, "help": "for endpoints that take one"}),
    ("--max-turns", {"metavar": "N", "type": click.IntRange(1, 100), "default": 12, "help": "replies of a model; 12"}),
    ("--max-tokens", {"metavar": "N", "type": click.IntRange(1), "help": "of one reply; default: of the endpoint"}),
    (
        "--model-option",
        {"metavar": "NAME=JSON", "multiple": True, "help": "goes into each request: reasoning_effort=low"},
    ),
    (
        "--timeout",
        {"metavar": "SECONDS", "type": click.FloatRange(0.1, 3600), "default": 180.0, "help": "for one reply; 180"},
    ),
)


def model_options(function: _F) -> _F:
    """Adds the options."""
    for name, more in reversed(_OPTIONS):
        function = click.option(name, **more)(function)
    return function


def wants_model(options: SimpleNamespace, place: Path) -> bool:
    """Whether L3 runs: where it is named, or there is a model or a recording and no other layer is named."""
    from adaptgen.evals.agent.transcripts import FOLDER

    if options.layers:
        return "L3" in options.layers
    return bool(options.model or options.replay or any((place / FOLDER).glob("*.json")))


async def evaluate_model(
    options: SimpleNamespace,
    cases: Sequence[Case],
    surface: Surface,
    folder: Path,
    environ: Mapping[str, str],
    *,
    keep: bool = True,
    network: Replay | None = None,
) -> LayerResult:
    """L3 with the model that is named, whose conversations are kept in ``folder`` if ``keep``; else with those that are
    there. ``network``: the cassettes, None for the live API."""
    from adaptgen.evals.agent.endpoints.choose import open_endpoint
    from adaptgen.evals.agent.layer import replay, run_model
    from adaptgen.evals.agent.loop import Agent
    from adaptgen.evals.agent.spending import read_budget, read_prices

    settings = read_settings(options)
    if not options.model or options.replay:
        meant = (options.model, settings) if options.model else None
        return await replay(cases, surface, folder, meant=meant, trials=options.trials)
    if not surface.tokenized and any(tool.sensitive for tool in surface.server.tools):
        terminal.print_error(
            f"{surface.server.name}: nothing is tokenized, so {options.model} reads personal data in clear"
        )
    price = read_prices(options.prices).get(options.model) if options.prices is not None else None
    if options.prices is not None and price is None:
        raise error(_CODE, f"{options.prices} has no prices of {options.model}", help="add a line for this model")
    budget = read_budget(options.budget, price) if options.budget else None
    endpoint = open_endpoint(options.endpoint, settings, environ, timeout=options.timeout)
    try:
        agent: Agent = Agent(endpoint, options.model, settings, price=price, budget=budget)
        kept = folder if keep else None
        return await run_model(
            cases,
            surface,
            agent,
            folder=kept,
            trials=options.trials,
            concurrency=options.concurrency,
            network=network,
        )
    finally:
        await endpoint.aclose()


def read_settings(options: SimpleNamespace) -> Settings:
    """What a recording depends on, of the command line."""
    from adaptgen.evals.agent.conversation import Settings
    from adaptgen.evals.agent.endpoints.choose import kind_of

    return Settings(
        kind_of(options.endpoint),
        options.temperature,
        options.seed,
        options.max_turns,
        options.max_tokens,
        options.allow_writes,
        dict(_options(options.model_option)),
    )


def _options(given: Iterable[str]) -> Iterable[tuple[str, Any]]:
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or not name.strip():
            raise error(_CODE, f"--model-option {one[:40]!r} has no value", help="write NAME=JSON, such as top_p=0.9")
        try:
            yield name.strip(), json.loads(text)
        except ValueError:
            yield name.strip(), text  # a word
