"""Command lines that are misspelt or incomplete."""

from __future__ import annotations

from mistakes.notes_project import GOVERNED, Mistake

COMMANDS = [
    Mistake("a command is misspelt", "biuld specs/notes.yaml"),
    Mistake("a command does not exist", "publish"),
    Mistake("a command of a group is misspelt", "policy chek specs/notes/policies"),
    Mistake("an option is misspelt", "build --chek specs/notes.yaml"),
    Mistake("an option does not exist", "build --fast specs/notes.yaml"),
    Mistake("an option has no value", "build specs/notes.yaml --out"),
    Mistake("an argument is missing", "serve"),
    Mistake("the tool of a call is missing", "call generated/notes"),
    Mistake("there is an argument too many", "inspect specs/notes.yaml generated/notes"),
    Mistake("one of some words is misspelt", "serve generated/notes --effect wirte"),
    Mistake("a target does not exist", "package generated/notes --target ec2"),
    Mistake("a number is a word", "inspect specs/notes.yaml --fail-under high"),
    Mistake("two options exclude each other", "serve generated/notes --governance g.yaml --no-governance"),
    Mistake("one of two options is missing", "erase specs/notes/governance.yaml", GOVERNED),
    Mistake("a shell does not exist", "completion powershell"),
    Mistake("a platform is misspelt", "ci gitub"),
    Mistake("a client is misspelt", "install generated/notes --client vs-code"),
]
