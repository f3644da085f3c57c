"""``adaptgen completion``, and what a shell asks to complete."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from adaptgen.cli.commands import VARIABLE, Choice, argument, command, root

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

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


def answer() -> int:
    """Print the answer to the question of a shell, and return the exit code."""
    from click.shell_completion import shell_complete

    return shell_complete(root(), {}, "adaptgen", VARIABLE, os.environ[VARIABLE])


def tool_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The tools of the folder that is named before, from its lock: nothing of the server is run."""
    from click.shell_completion import CompletionItem

    from adaptgen.output import lock

    folder: Any = ctx.params.get("folder")
    try:
        known = lock.read(folder) if folder else None
    except Exception:
        return []  # a shell that completes has nowhere to show an error
    names = {given[0] for given in known.names.values()} if known else ()
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete) and name.isidentifier()]
