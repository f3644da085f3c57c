"""A repository with two projects, and a year of events in it beyond edits of documents. Each event says what the gate
does about it: written by hand, before the gate was run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regenerate import year
from regenerate.pipelines import git

from adaptgen.cli import main

PROJECTS = ("services/orders", "platform/returns")
SPECS = {"services/orders": "orders", "platform/returns": "returns"}
PERMIT = 'permit (principal, action == Action::"returns__list_orders", resource);\n'
FORBID = 'forbid (principal, action == Action::"returns__cancel_order", resource);\n'
GOVERNANCE = "adaptgen: 1\nmode: embedded\n"
OVERRIDES = """\
from adaptgen.runtime import Overrides, Proceed, ToolCall

overrides = Overrides()


@overrides.wrap("list_orders")
async def open_ones(call: ToolCall, proceed: Proceed):
    return await proceed({"status": "open", **call.arguments})
"""
FRESH, GATE = "The output is fresh", "What changes for agents"


@dataclass
class Monorepo:
    """``folder``: the clone where people work; its default branch is ``trunk``."""

    folder: Path
    chdir: Callable[[Path], None]

    def start(self) -> None:
        origin = self.folder.parent / "origin"
        git(self.folder.parent, "init", "-q", "--bare", "-b", "trunk", str(origin))
        git(self.folder.parent, "init", "-q", "-b", "trunk", str(self.folder))
        git(self.folder, "remote", "add", "origin", str(origin))
        (self.folder / "README.md").write_text("A repository of many projects.\n")
        self.commit("before adaptgen")
        self.push()

    def add_projects(self) -> None:
        for project, name in SPECS.items():
            self.write(f"{project}/specs/{name}.yaml", year.BASE)
        self.write("platform/returns/specs/returns/policies/clerks.cedar", PERMIT + FORBID)
        self.build(*PROJECTS)

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, text: str) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text()
        assert old in text, (name, old)
        self.path(name).write_text(text.replace(old, new))

    def build(self, *projects: str) -> None:
        for project in projects:
            self.chdir(self.folder / project)
            assert main(["build", "--quiet"]) == 0, project
            self.chdir(self.folder)

    def commit(self, message: str) -> None:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", message)

    def push(self) -> None:
        git(self.folder, "push", "-q", "--force", "origin", "HEAD:refs/heads/trunk")
        git(self.folder, "fetch", "-q", "origin")

    def begin(self, branch: str) -> None:
        git(self.folder, "checkout", "-q", "-B", branch, "origin/trunk")

    def trunk_moves_on(self, number: int) -> None:
        """Somebody else's change is merged, which a later change request must not be asked about."""
        branch = git(self.folder, "rev-parse", "--abbrev-ref", "HEAD").strip()
        git(self.folder, "checkout", "-q", "-B", "other", "origin/trunk")
        self.write(f"docs/note-{number}.md", "A note.\n")
        summary = "platform/returns/specs/returns.yaml"
        self.edit(summary, "\n      summary: Cancel an order", f"\n      summary: Cancel an order in week {number}")
        self.build("platform/returns")
        self.commit(f"week {number}: words")
        self.push()
        git(self.folder, "checkout", "-q", branch)

    def merged(self) -> None:
        """What GitHub checks out for a pull request: the branch merged into its base."""
        branch = git(self.folder, "rev-parse", "HEAD").strip()
        git(self.folder, "checkout", "-q", "--detach", "origin/trunk")
        git(self.folder, "merge", "-q", "--no-ff", "-m", "merge of the change", branch)

    def take_back(self, tree: str) -> None:
        """The state ``tree`` again, as another commit on trunk."""
        git(self.folder, "read-tree", "-u", "--reset", tree)
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "as before")
        self.push()


@dataclass(frozen=True)
class Event:
    """``stops``: the step that fails, or nothing. ``said``: what a person reads then."""

    name: str
    make: Callable[[Monorepo], Any]
    stops: str
    said: str = ""


RETURNS = "platform/returns/specs/returns"


def hints(text: str) -> Callable[[Monorepo], None]:
    def make(repo: Monorepo) -> None:
        repo.write(f"{RETURNS}/hints.yaml", text)
        repo.build("platform/returns")

    return make


def side(name: str, text: str) -> Callable[[Monorepo], None]:
    def make(repo: Monorepo) -> None:
        repo.write(f"{RETURNS}/{name}", text)
        repo.build("platform/returns")

    return make


def remove_project(repo: Monorepo) -> None:
    shutil.rmtree(repo.path("services/orders"))
    repo.write("services/orders/specs/other.yaml", year.BASE)
    repo.build("services/orders")


def move_project(repo: Monorepo, breaking: bool = False) -> None:
    git(repo.folder, "mv", "platform/returns", "platform/refunds")
    if breaking:
        repo.edit("platform/refunds/specs/returns.yaml", "pages: {type: integer}", "pages: {type: string}")
        repo.build("platform/refunds")
    # The workflow of that change names the new folder; the link stands for it here.
    repo.path("platform/returns").symlink_to("refunds")


def remove_generated(repo: Monorepo) -> None:
    shutil.rmtree(repo.path("platform/returns/generated"))


def rename_generated(repo: Monorepo) -> None:
    git(repo.folder, "mv", "platform/returns/generated/returns", "platform/returns/generated/refunds")


def move_document(repo: Monorepo) -> None:
    """The document is called otherwise; the server keeps its name by the hints."""
    git(repo.folder, "mv", f"{RETURNS}.yaml", "platform/returns/specs/refunds.yaml")
    git(repo.folder, "mv", RETURNS, "platform/returns/specs/refunds")
    repo.write("platform/returns/specs/refunds/hints.yaml", "adaptgen: 1\nserver: {name: returns}\n")
    repo.build("platform/returns")


def move_and_change_document(repo: Monorepo) -> None:
    move_document(repo)
    repo.edit("platform/returns/specs/refunds.yaml", "amount: {type: number}", "amount: {type: string}")
    repo.build("platform/returns")


def document_alone(repo: Monorepo) -> None:
    repo.edit(f"{RETURNS}.yaml", "amount: {type: number}", "amount: {type: string}")


def lock_by_hand(old: str, new: str) -> Callable[[Monorepo], None]:
    return lambda repo: repo.edit("platform/returns/generated/returns/adaptgen.lock", old, new)


def generated_by_hand(repo: Monorepo) -> None:
    repo.edit("platform/returns/generated/returns/tools/orders.json", '"number"', '"string"')


def third_project(repo: Monorepo) -> None:
    repo.write("tools/stock/specs/stock.yaml", year.BASE)
    repo.build("tools/stock")


def two_at_once(repo: Monorepo) -> None:
    """A harmless change of one project hides a breaking one of another."""
    repo.edit("services/orders/specs/orders.yaml", "summary: One customer\n", "summary: One customer of ours\n")
    repo.edit(f"{RETURNS}.yaml", "placedAt: {type: string, format: date-time}", "placedAt: {type: integer}")
    repo.build(*PROJECTS)


def merge_of_another_branch(repo: Monorepo) -> None:
    branch = git(repo.folder, "rev-parse", "--abbrev-ref", "HEAD").strip()
    git(repo.folder, "checkout", "-q", "-b", "feature", "origin/trunk")
    repo.edit(f"{RETURNS}.yaml", "amount: {type: number}", "amount: {type: boolean}")
    repo.build("platform/returns")
    repo.commit("of a feature")
    git(repo.folder, "checkout", "-q", branch)
    repo.write("docs/plan.md", "A plan.\n")
    repo.commit("a plan")
    git(repo.folder, "merge", "-q", "--no-ff", "-m", "the feature", "feature")


def named_like_the_base(repo: Monorepo) -> None:
    """Folders that hold what is proposed, and are called as the workflow calls the base."""
    two_at_once(repo)
    commit = git(repo.folder, "rev-parse", "origin/trunk").strip()
    for name in ("origin/trunk...", f"{commit}:", commit, f"{commit}:."):
        for project in PROJECTS:
            shutil.copytree(repo.path(project), repo.path(f"{name}/{project}"))


def hostile_words(repo: Monorepo) -> None:
    """Text of a document that a terminal, a shell, a runner or Markdown could take for its own."""
    words = "Gone\\n::error::x ##[add-mask]1 </code> ``` ~~~ @all [a](https://x.example) $(touch owned) <img src=x>"
    repo.edit(f"{RETURNS}.yaml", "amount: {type: number}", 'amount: {type: string, description: "' + words + '"}')
    repo.edit(f"{RETURNS}.yaml", "summary: One order\n", f'summary: "{words}"\n')
    repo.build("platform/returns")


EVENTS = [
    Event("hints give other words", hints("adaptgen: 1\ntools: {get_order: {description: One order of ours.}}\n"), ""),
    Event("hints hide an operation", hints('adaptgen: 1\nhide: ["POST /reports/search"]\n'), GATE, "search_reports"),
    Event("hints cut a view", hints("adaptgen: 1\ntools: {get_order: {view: [id]}}\n"), GATE, "is gone from"),
    Event("hints rename a tool, and the old name is served",
          hints('adaptgen: 1\ntools: {order_sheet: {call: "GET /orders/{orderId}"}}\n'), "", "is the new name"),
    Event("a permit is new", side("policies/more.cedar", PERMIT.replace("list_orders", "get_order")), "",
          "a permit is new: more calls may be permitted"),
    Event("a forbid is gone", side("policies/clerks.cedar", PERMIT), "",
          "a forbid is gone: more calls may be permitted"),
    Event("governance is new", side("governance.yaml", GOVERNANCE), "", "governance"),
    Event("hand edits are new", side("overrides.py", OVERRIDES), "", "hand edits"),
    Event("a project is removed and another one is there", remove_project, GATE, "the server is gone"),
    Event("a project moves", move_project, "", "the server moved from platform/returns/generated/returns"),
    Event("a project moves and breaks", lambda repo: move_project(repo, True), GATE, "type integer → string"),
    Event("the generated folder is deleted", remove_generated, FRESH, "AG052"),
    Event("the generated server is renamed", rename_generated, FRESH, "AG052"),
    Event("the document moves", move_document, ""),
    Event("the document moves and breaks", move_and_change_document, GATE, "type number → string"),
    Event("only the document changes", document_alone, FRESH, "AG052"),
    Event("the lock forgets a name by hand",
          lock_by_hand('"GET /customers": "list_customers"', '"GET /customers": "all_customers"'), FRESH, "AG052"),
    Event("the lock names another document by hand",
          lock_by_hand('"source": "specs/returns.yaml"', '"source": "specs/other.yaml"'), FRESH, "AG052"),
    Event("a generated file is edited by hand", generated_by_hand, FRESH, "AG052"),
    Event("a third project is new", third_project, "", "a new server with 7 tools"),
    Event("two projects at once", two_at_once, GATE, "placedAt"),
    Event("a folder is called like the base", named_like_the_base, GATE, "placedAt"),
    Event("a merge brings what breaks", merge_of_another_branch, GATE, "type number → boolean"),
    Event("hostile words", hostile_words, GATE, "type number → string"),
    Event("only the README", lambda repo: repo.write("README.md", "Other words.\n"), "", "nothing changed for agents"),
]  # fmt: skip
