"""A year in a repository of several projects, through the lines of the generated workflows: what breaks, stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from regenerate import year, year_answers
from regenerate.monorepo import EVENTS, FRESH, GATE, PROJECTS, SPECS, Event, Monorepo, document_alone, two_at_once
from regenerate.pipelines import CHECKS, GitHub, GitLab, git, install_commands
from regenerate.year import Edit

from adaptgen.net.addresses import is_public_host
from adaptgen.plan.document import base_urls

# Commands of the workflow are processes of their own, so the rules for addresses hold here, too.
pytestmark = pytest.mark.addresses
EDITS = [*year.EDITS, *year_answers.EDITS]


def of_each_kind() -> list[tuple[int, Edit]]:
    """The first edit with each combination of what the workflows tell apart, by its number in the year."""
    first: dict[object, tuple[int, Edit]] = {}
    for number, edit in enumerate(EDITS):
        levels = frozenset(level for level, _, _ in edit.means)
        first.setdefault(
            (levels, bool(edit.files), bool(edit.hints), bool(edit.hinted_before), number % 2), (number, edit)
        )
    return list(first.values())


@pytest.fixture(scope="module")
def years() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base_urls, "is_public_host", is_public_host)
        yield patch


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, years: pytest.MonkeyPatch) -> Monorepo:
    """The repository after its first change request, which brought two servers."""
    folder = tmp_path_factory.mktemp("year")
    install_commands(folder / "bin", years)
    repo = Monorepo(folder / "clone", years.chdir)
    repo.start()
    repo.begin("first")
    repo.add_projects()
    repo.commit("two servers")
    repo.merged()
    first = check(repo)
    assert first.failed == ""
    assert "orders: a new server with 7 tools" in first.said[GATE]
    assert gitlab(repo).failed == 0
    repo.push()
    return repo


@pytest.fixture
def repo(started: Monorepo, years: pytest.MonkeyPatch) -> Monorepo:
    git(started.folder, "reset", "-q", "--hard")
    git(started.folder, "clean", "-q", "-d", "-f", "-f")
    years.chdir(started.folder)
    return started


class Checked(GitHub):
    failed: str = ""


class Merged(GitLab):
    failed: int = 0


def check(repo: Monorepo, allowed: bool = False, base: str = "trunk") -> Checked:
    runner = Checked(repo.folder, "pull_request", allowed, base, PROJECTS, CHECKS)
    runner.failed = runner.job("commit")
    return runner


def gitlab(repo: Monorepo, labels: str = "", base: str = "trunk") -> Merged:
    runner = Merged(repo.folder, base, labels, PROJECTS)
    runner.failed = runner.job("agents")
    return runner


def test_a_year_has_more_than_a_change_a_week() -> None:
    assert len(EDITS) + len(EVENTS) >= 80
    assert sum(is_breaking(one) for one in EDITS) + sum(bool(one.stops) for one in EVENTS) >= 35


def is_breaking(edit: Edit) -> bool:
    return any(level == "breaking" for level, _, _ in edit.means)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "edit"), of_each_kind(), ids=[edit.name.replace(" ", "-") for _, edit in of_each_kind()]
)
def test_every_breaking_edit_of_a_document_stops(number: int, edit: Edit, repo: Monorepo) -> None:
    project = PROJECTS[number % 2]
    spec = f"{project}/specs/{SPECS[project]}"
    before = git(repo.folder, "rev-parse", "origin/trunk^{tree}").strip()
    text = edit.before(repo.path(f"{spec}.yaml").read_text())
    if edit.hinted_before or edit.before is not str:
        repo.begin("before")
        repo.write(f"{spec}.yaml", text)
        repo.write(f"{spec}/hints.yaml", edit.hinted_before or "adaptgen: 1\n")
        repo.build(project)
        repo.commit("before the edit")
        repo.push()
    repo.begin(f"edit-{number}")
    repo.write(f"{spec}.yaml", edit.make(text))
    if edit.hints:
        repo.write(f"{spec}/hints.yaml", edit.hints)
    repo.build(project)
    repo.commit(edit.name)
    if number % 5 == 0 and project == "services/orders":
        repo.trunk_moves_on(number)
        git(repo.folder, "checkout", "-q", f"edit-{number}")

    on_gitlab = gitlab(repo)
    repo.merged()
    found = check(repo)

    assert found.failed == (GATE if is_breaking(edit) else ""), found.said
    assert on_gitlab.failed == int(is_breaking(edit)), on_gitlab.said
    assert ("**" in found.summary) == bool(edit.means)
    repo.take_back(before)


@pytest.mark.slow
@pytest.mark.parametrize("event", EVENTS, ids=lambda one: one.name.replace(" ", "-"))
def test_every_other_change_that_breaks_stops(event: Event, repo: Monorepo) -> None:
    repo.begin("event")
    event.make(repo)
    repo.commit(event.name)
    repo.merged()
    found = check(repo)
    said = "".join(found.said.values())
    assert found.failed == event.stops, said
    assert event.said in said
    if event.stops == GATE:
        assert check(repo, allowed=True).failed == ""
        assert gitlab(repo).failed == 1
        assert gitlab(repo, "later,breaking-for-agents").failed == 0


@pytest.mark.slow
def test_words_of_a_document_do_nothing_in_a_log_a_summary_or_a_shell(repo: Monorepo) -> None:
    repo.begin("hostile")
    next(one for one in EVENTS if one.name == "hostile words").make(repo)
    repo.commit("hostile")
    found = check(repo)
    lines = found.said[GATE].splitlines()
    stop = next(at for at, line in enumerate(lines) if line.startswith("::stop-commands::"))
    assert lines[-1] == f"::{lines[stop].removeprefix('::stop-commands::')}::"
    # Before that line there are annotations alone, whose text holds no line end.
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines[:stop])
    assert not list(repo.folder.rglob("owned"))


@pytest.mark.slow
def test_without_the_base_it_stops_and_says_what_to_fetch(repo: Monorepo, tmp_path: Path) -> None:
    repo.begin("shallow")
    two_at_once(repo)
    repo.commit("two projects at once")
    repo.merged()
    git(repo.folder, "push", "-q", "--force", "origin", "HEAD:refs/heads/merge")
    shallow = tmp_path / "shallow"
    address = f"file://{repo.folder.parent / 'origin'}"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", "-b", "merge", address, str(shallow))
    clone = Monorepo(shallow, lambda _: None)
    for base in ("trunk", "nowhere"):
        found = check(clone, base=base)
        assert found.failed == GATE
        assert "AG126" in found.said[GATE]
        assert "fetch-depth: 0" in found.said[GATE]
    assert gitlab(clone).failed == 2
    git(shallow, "fetch", "-q", "--unshallow")
    assert "type string → integer" in check(clone).said[GATE]


@pytest.mark.slow
def test_the_name_of_a_branch_is_no_code(repo: Monorepo) -> None:
    name = "$(touch${IFS}owned);'`touch${IFS}owned`\"&x"
    git(repo.folder, "push", "-q", "--force", "origin", f"origin/trunk:refs/heads/{name}")
    git(repo.folder, "fetch", "-q", "origin")
    repo.begin("branch")
    document_alone(repo)
    repo.build("platform/returns")
    repo.commit("breaks")
    assert check(repo, base=name).failed == GATE
    assert "type number → string" in check(repo, base=name).said[GATE]
    assert gitlab(repo, base=name).failed == 1
    assert not [path for path in repo.folder.rglob("owned*") if ".git" not in path.parts]


@pytest.mark.slow
def test_fresh_is_checked_in_every_project(repo: Monorepo) -> None:
    repo.begin("stale")
    repo.edit("services/orders/specs/orders.yaml", "summary: One order\n", "summary: One order of ours\n")
    repo.commit("not built")
    assert check(repo).failed == FRESH
    runner = GitLab(repo.folder, "trunk", "", PROJECTS)
    assert runner.job("fresh") == 1


@pytest.fixture
def changed_sources(repo: Monorepo) -> Monorepo:
    """Documents of both projects as a fetch would have left them: one of them breaks."""
    git(repo.folder, "checkout", "-q", "-B", "trunk", "origin/trunk")
    repo.edit("services/orders/specs/orders.yaml", "summary: One order\n", "summary: One order of ours\n")
    repo.edit("platform/returns/specs/returns.yaml", "amount: {type: number}", "amount: {type: string}")
    return repo


def proposed(repo: Monorepo) -> set[str]:
    """The files that the branch adaptgen/pull of origin changes."""
    git(repo.folder, "fetch", "-q", "origin", "+refs/heads/adaptgen/pull:refs/remotes/origin/adaptgen/pull")
    found = git(repo.folder, "diff", "--name-only", "origin/trunk", "origin/adaptgen/pull").split()
    git(repo.folder, "push", "-q", "origin", ":refs/heads/adaptgen/pull")
    return set(found)


BOTH = {
    "services/orders/specs/orders.yaml",
    "services/orders/generated/orders/README.md",
    "platform/returns/specs/returns.yaml",
    "platform/returns/generated/returns/tools/orders.json",
}


@pytest.mark.slow
def test_on_github_the_schedule_proposes_the_changes_of_all_projects(changed_sources: Monorepo) -> None:
    runner = GitHub(changed_sources.folder, "schedule", projects=PROJECTS)
    assert runner.job("pull") == "", runner.said
    assert proposed(changed_sources) >= BOTH
    log = changed_sources.folder.parent / "bin" / "gh.log"
    assert "pr create --head adaptgen/pull --title The API changed" in log.read_text()
    body = Path(f"{log}.body").read_text()
    assert "#### `returns/get_order`" in body
    assert "No checks run on this pull request" in body


@pytest.mark.slow
def test_on_gitlab_the_schedule_proposes_them_and_shows_no_token(changed_sources: Monorepo) -> None:
    origin = changed_sources.folder.parent / "origin"
    git(origin, "config", "receive.advertisePushOptions", "true")
    (origin.parent / "origin.git").symlink_to(origin)
    runner = GitLab(changed_sources.folder, "trunk", "", PROJECTS)
    assert runner.job("pull") == 0, runner.said
    assert proposed(changed_sources) >= BOTH
    assert "type number → string" in runner.said
    assert "-secret" not in runner.said
