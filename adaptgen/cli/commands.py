"""The commands and their sections. What declares a command is imported when it is asked for, what carries it out when
it runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from adaptgen import __version__
from adaptgen.diagnostics import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Section: TypeAlias = Mapping[str, tuple[str, str]]
"""Command -> the module that declares it as ``NAME_command`` (``GROUP_NAME_command`` in a group); its summary."""

SECTIONS: Mapping[str, Section] = {
    "start": {
        "demo": ("adaptgen.cli.run", "the whole story on a bundled legacy CRM"),
        "init": ("adaptgen.cli.understand", "draft the side files of a document that are missing"),
        "build": ("adaptgen.cli.generate", "generate MCP servers from OpenAPI or Swagger documents"),
        "serve": ("adaptgen.cli.run", "run a generated server"),
        "call": ("adaptgen.cli.run", "call one tool and print what an agent would see"),
        "install": ("adaptgen.cli.run", "write a server into the configuration of an MCP client"),
    },
    "understand": {
        "inspect": ("adaptgen.cli.understand", "how ready an API is for agents, and what makes it readier"),
        "learn": ("adaptgen.cli.understand", "understand an API by trying it, reading only"),
        "tools": ("adaptgen.cli.understand", "list the tools: what they do and take, who may call them"),
        "explain": ("adaptgen.cli.understand", "show where a tool comes from and what it does"),
        "eval": (
            "adaptgen.cli.understand",
            "check whether agents can answer questions with the tools",
        ),
        "doctor": ("adaptgen.cli.understand", "reach the API of a generated server, log in and read once"),
        "diff": ("adaptgen.cli.generate", "what changed for agents"),
    },
    "run": {
        "pull": ("adaptgen.cli.generate", "fetch documents from their sources"),
        "record": ("adaptgen.cli.generate", "record the real API for contract tests"),
        "connect": ("adaptgen.cli.run", "connect your own account at the API of a server on stdio"),
        "disconnect": ("adaptgen.cli.run", "end your own account at the API"),
        "usage": ("adaptgen.cli.govern", "print what each group had of each tool"),
    },
    "govern": {
        "govern": ("adaptgen.cli.govern", "write settings, keys and policies to begin with"),
        "dev": ("adaptgen.cli.govern", "try governance out: a local issuer of tokens"),
        "policy": (
            "adaptgen.cli.govern",
            "check and explain Cedar policies, show their schema, render them for AgentCore",
        ),
        "proxy": ("adaptgen.cli.run", "run the governance proxy"),
        "audit": ("adaptgen.cli.govern", "check an audit trail"),
        "erase": ("adaptgen.cli.govern", "forget what a short token stands for"),
        "connections": ("adaptgen.cli.govern", "list and revoke the accounts that callers connected at APIs"),
        "logout": ("adaptgen.cli.govern", "end the logins of a person, or of an MCP client"),
    },
    "ship": {
        "ci": ("adaptgen.cli.generate", "write the workflow that keeps servers up to date"),
        "package": ("adaptgen.cli.ship", "make a bundle for AWS Lambda or AgentCore Runtime"),
        "deploy": ("adaptgen.cli.ship", "deploy a bundle as a CloudFormation stack"),
        "rollback": ("adaptgen.cli.ship", "send all calls to an earlier version"),
        "stages": ("adaptgen.cli.ship", "show which version and bundle each stage runs"),
        "completion": (__name__, "print the script that completes commands in a shell"),
    },
}
"""The sections of ``adaptgen --help`` and their commands, in its order."""

VARIABLE = "_ADAPTGEN_COMPLETE"
"""What the completion script of a shell sets when it asks, such as ``bash_complete``."""
SETTINGS: Mapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_TOP = """MCP servers for legacy HTTP APIs, generated from their OpenAPI documents."""
_EPILOG = """\b
exit codes: 0 done, 1 a finding (stale output, failed call), 2 bad input or usage

\b
start here:
  adaptgen demo                                   the whole story on a bundled legacy CRM
  adaptgen build specs/crm.yaml                   writes generated/crm/
  adaptgen serve generated/crm                    an MCP server on stdio
  adaptgen call generated/crm list_invoices status=OVERDUE
"""


class Misuse(click.UsageError):
    """A command line that cannot be understood, with what to write instead."""

    def __init__(self, message: str, help: str = "", ctx: click.Context | None = None) -> None:
        super().__init__(message, ctx)
        self.help = help


class _LocalPath(click.Path):
    """A file or folder of this machine. For a URL the command that fetches it is named."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
            name = param.plain_metavar(ctx) if isinstance(param, Argument) and ctx else ""
            pull = f"adaptgen pull {pasted(value)}"
            if name == "SPEC":
                verb = ctx.command_path if ctx else "adaptgen build"
                raise Misuse(f"{verb} reads files, and this is a URL", f"fetch it first: {pull}", ctx)
            if name.startswith("DIR"):
                raise Misuse(
                    f"{name} is a folder that adaptgen build wrote, and this is a URL",
                    f"fetch and build it first: {pull} && adaptgen build",
                    ctx,
                )
            raise Misuse("a file or folder of this machine is meant, and this is a URL", "name a file", ctx)
        return super().convert(value, param, ctx)


PATH = _LocalPath()


def pasted(url: str) -> str:
    """A URL as an argument of a shell, without a secret that is in it."""
    from shlex import quote

    from adaptgen.pii.secret_formats import find_secrets

    for one in reversed(find_secrets(url)):
        if "network" not in one.form:
            url = f"{url[: one.start]}…{url[one.end :]}"
    return quote(url)


class Choice(click.Choice[str]):
    """One of some words; the nearest one is suggested for another."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        known = [str(one) for one in self.choices]
        if value in known or (param is not None and value == param.default):
            return value
        help = did_you_mean(str(value), known) or f"one of: {', '.join(known)}"
        name = param.opts[-1] if isinstance(param, click.Option) else param.metavar if param else "this"
        raise Misuse(f"{name} cannot be {str(value)!r}", help, ctx)


class _Base(click.Command):
    """What commands and groups of them have in common: the layout of their help, and ``-q``."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        more["context_settings"] = dict(SETTINGS)
        super().__init__(*arguments, **more)
        self.params.append(
            click.Option(["-q", "--quiet"], is_flag=True, help="print results, warnings and errors only")
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as problem:
            problem.ctx = problem.ctx or ctx  # an option without its value knows none
            raise

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "show this help and end"
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), "usage: ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        summary = self.short_help or ""
        text = f"{summary[:1].upper()}{summary[1:]}. {cleandoc(self.help or '')}" if summary else self.help or ""
        formatter.write_paragraph()
        formatter.write_text(text.strip())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        arguments, options = [], []
        for one in self.get_params(ctx):
            if isinstance(one, Argument):
                arguments.append((one.plain_metavar(ctx), one.said))
            elif (row := one.get_help_record(ctx)) is not None:
                options.append(row)
        for title, rows in (("arguments", arguments), ("options", options)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class Command(_Base):
    """A command with ``-q``, and with options of which only one may be given.

    ``exclusive``: the names of the parameters of which one at most is given; ``required``: of which one must be.
    """

    def __init__(
        self, *arguments: Any, exclusive: Sequence[str] = (), required: Sequence[str] = (), **more: Any
    ) -> None:
        super().__init__(*arguments, **more)
        self.exclusive = exclusive or required
        self.required = required

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        given = [name for name in self.exclusive if ctx.params[name]]
        positional = [one for one in self.params if isinstance(one, Argument)]
        written = {one.name: one.plain_metavar(ctx) for one in positional}
        named = [written.get(name, f"--{name.replace('_', '-')}") for name in given or self.required]
        if len(given) > 1:
            raise Misuse(f"{' and '.join(named)} exclude each other", "pass one of them", ctx)
        if self.required and not given and not ctx.resilient_parsing:
            help = "; ".join(f"{written[one.name]} is {one.said}" for one in positional if one.name in self.required)
            raise Misuse(f"{' or '.join(named)} is missing", help or "pass one of them", ctx)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        quiet = [one.params.get("quiet") for one in (ctx, ctx.parent, ctx.find_root()) if one is not None]
        ctx.params["quiet"] = any(quiet)
        return super().invoke(ctx)


class CommandGroup(_Base, click.Group):
    """Commands by section, each imported when it is asked for. Alone it prints its help."""

    def __init__(self, name: str, sections: Mapping[str, Section], **more: Any) -> None:
        super().__init__(name, no_args_is_help=False, **more)
        self.sections = sections
        self.rows = {name: row for section in sections.values() for name, row in section.items()}
        self.subcommand_metavar = "COMMAND …"

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.rows:
            return None
        module, summary = self.rows[cmd_name]
        prefix = "" if self.name == "adaptgen" else f"{self.name}_"
        # Not the bare name: a package takes the name of a module of its own when that is imported.
        command: click.Command = getattr(import_module(module), f"{prefix}{cmd_name}_command".replace("-", "_"))
        command.name, command.short_help = cmd_name, summary
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.rows and not ctx.resilient_parsing:
            help = did_you_mean(args[0], self.rows) or f"{ctx.command_path} --help lists them"
            raise Misuse(f"{ctx.command_path} has no command {args[0]!r}", help, ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # One column for all sections: they are read as one list.
        wide = max(map(len, self.rows)) if self.rows else 0
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(wide), summary) for name, (_, summary) in section.items()])
        super().format_options(ctx, formatter)


def command(**more: Any) -> Callable[[Callable[..., int]], Command]:
    """The decorator of a command: click's, with what every command has."""
    return click.command(cls=Command, **more)


def output(default: Path | str | None = None, *, metavar: str, help: str, **more: Any) -> Callable[[Any], Any]:
    """The option of where a command writes: ``-o``, ``--out`` or ``--output``."""
    return click.option("-o", "--out", "--output", "out", metavar=metavar, default=default, help=help, **more)


def root() -> CommandGroup:
    """``adaptgen`` itself."""
    top = CommandGroup("adaptgen", SECTIONS, help=_TOP, epilog=_EPILOG)
    return click.version_option(__version__, message=f"adaptgen {__version__}", help="show the version and end")(top)


def told(problem: click.UsageError) -> tuple[str, str]:
    """What is wrong with a command line, and what to write instead."""
    path = problem.ctx.command_path if problem.ctx else "adaptgen"
    help = f"{path} --help shows what it takes"
    match problem:
        case Misuse():
            return problem.message, problem.help or help
        case click.NoSuchOption():
            if path.endswith(" call"):
                help = f"arguments of a tool are written {problem.option_name.lstrip('-')}=VALUE"
            known = [opt for one in _parameters(problem.ctx) for opt in (*one.opts, *one.secondary_opts)]
            return (
                f"{path} has no option {problem.option_name}",
                did_you_mean(problem.option_name, [one for one in known if one.startswith("--")]) or help,
            )
        case click.MissingParameter(param=Argument() as param) if problem.ctx:
            name = param.plain_metavar(problem.ctx)
            return f"{name} is missing", f"{name} is {param.said}"
        case click.MissingParameter(param=click.Option() as param) if problem.ctx:
            return f"{param.opts[-1]} is missing", _described(param, problem.ctx)
        case click.BadOptionUsage() if problem.ctx:
            option = next((one for one in _parameters(problem.ctx) if problem.option_name in one.opts), None)
            if isinstance(option, click.Option) and "requires an argument" in problem.message:
                return f"{problem.option_name} needs a value", _described(option, problem.ctx)
        case click.BadParameter(param=click.Option() as param) if problem.ctx:
            return f"{param.opts[-1]}: {problem.message.rstrip('.')}", _described(param, problem.ctx)
    text = problem.format_message().rstrip(".")
    if extra := re.search(r"unexpected extra arguments? \((.+)\)", text):
        return f"{path} does not take {extra[1]!r} as well", help
    return f"{text[:1].lower()}{text[1:]}", help


def _described(option: click.Option, ctx: click.Context) -> str:
    """An option with its value, and what it is for."""
    row = option.get_help_record(ctx)
    return f"{row[0]}: {row[1]}" if row else ""


def _parameters(ctx: click.Context | None) -> Iterable[click.Parameter]:
    return ctx.command.get_params(ctx) if ctx else ()


class Argument(click.Argument):
    """An argument with a help of its own."""

    def __init__(self, *names: Any, help: str, **more: Any) -> None:
        super().__init__(*names, **more)
        self.said = help

    def plain_metavar(self, ctx: click.Context) -> str:
        """``SPEC`` of ``[SPEC]...``."""
        return self.make_metavar(ctx).removesuffix("...").strip("[]")


def argument(name: str, *, help: str, **more: Any) -> Callable[[Any], Any]:
    """The decorator of an argument of a command."""
    return click.argument(name, cls=Argument, help=help, **more)


# ----------------------------------------------------------------------------------------------------------- completion

_SHELLS = ("bash", "zsh", "fish")


@command()
@argument("shell", type=Choice(_SHELLS), metavar="SHELL", help="bash, zsh or fish")
def completion_command(shell: str, quiet: bool) -> int:
    """The script goes into the start-up file of the shell, such as ~/.bashrc:
    eval "$(adaptgen completion bash)"; fish: adaptgen completion fish | source."""
    from click.shell_completion import get_completion_class

    from adaptgen.cli import terminal

    made = get_completion_class(shell)
    assert made is not None
    # bash's class asks which version there is, and refuses old ones; the script can be made anywhere.
    made._check_version = staticmethod(lambda: None)  # type: ignore[attr-defined]
    terminal.say(made(root(), {}, "adaptgen", VARIABLE).source().strip())
    return 0


def completed() -> int:
    """Print the answer to the question of a shell, and return the exit code."""
    from click.shell_completion import shell_complete

    return shell_complete(root(), {}, "adaptgen", VARIABLE, os.environ[VARIABLE])


def tool_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The tools of the folder that is named before, from its lock: nothing of the server is run."""
    from click.shell_completion import CompletionItem

    from adaptgen.output import lock

    folder: Any = ctx.params.get("folder")
    try:
        known = lock.read(Path(folder)) if folder else None
    except Exception:
        return []  # a shell that completes has nowhere to show an error
    names = {given[0] for given in known.names.values()} if known else ()
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete) and name.isidentifier()]
