"""What costs that is configured and not used: the settings of docs/deploy.md, and the same with a login, with approvals
and with accounts that callers connect themselves.

Both are packaged and started in turns, for callers who have a token already and ask for what needs none of that. The
first bundle runs as two variants, so that it shows how far two medians of the same thing lie apart on this machine.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from figures import Figure, median

from adaptgen.cli import main
from starting import bundles, child
from starting.runs import Variant

LOGIN = """
login:
  client_id: adaptgen
  client_secret: "${secret:crm-governance#login}"
  redirects: [claude.ai, chatgpt.com]
"""
APPROVALS = """
@id("refunds") @approval("1h") @once("10m")
permit (principal in Group::"bank/support", action == Action::"crm__pay_invoice", resource == Server::"crm");

@id("finance-approves")
permit (principal in Group::"bank/finance", action == Action::"approve", resource == Server::"crm")
when { context.tool == "crm__pay_invoice" };

@id("not-your-own")
forbid (principal, action == Action::"approve", resource) when { context.own };
"""
ACCOUNT = """
  agency:
    {kind: oauth2, grant: authorization_code, per: caller, title: Credit agency, client_id: crm,
     client_secret: "${secret:crm-governance#login}", authorization_url: "https://id.agency.example/authorize",
     token_url: "https://id.agency.example/token"}
tools:
"""
BAR = 1.05
"""Of a ratio of medians, times that of the same thing: that is 1.02 at most where nothing else runs, and 1.15 on a busy
machine."""


def with_login(folder: Path) -> tuple[Path, Path]:
    """The CRM, generated with accounts of callers; and a copy of ``specs/crm/deployed.yaml`` with a login and with
    approvals, under the same names, so that both are packaged the same way."""
    specs = folder / "specs"
    shutil.copytree(bundles.ROOT / "specs/crm", specs / "crm")
    shutil.copy(bundles.ROOT / "specs/crm.yaml", specs)
    hints, settings = specs / "crm/hints.yaml", specs / "crm/deployed.yaml"
    hints.write_text(hints.read_text("utf-8").replace("tools:\n", ACCOUNT.lstrip("\n"), 1), "utf-8")
    settings.write_text(settings.read_text("utf-8") + LOGIN, "utf-8")
    (specs / "crm/policies/approvals.cedar").write_text(APPROVALS, "utf-8")
    server = folder / "generated/crm"
    with contextlib.redirect_stdout(io.StringIO()):
        if main(["build", str(specs / "crm.yaml"), "-q", "-o", str(server.parent)]):
            raise RuntimeError("adaptgen build failed")
    for path in (server / "tools").glob("*.py"):  # the tools that are called here use the server's account
        path.write_text(path.read_text("utf-8").replace('("crm_session", "agency")', '("crm_session",)'), "utf-8")
    return server, settings


def variants(folder: Path, plain: Path, environ: Mapping[str, str]) -> dict[str, Variant]:
    """``plain``: the unpacked bundle without all that."""
    project = folder / "project"
    project.mkdir()
    login = bundles.ours(folder, "login", *with_login(project))
    tasks = {"plain": plain, "again": plain, "login": login}
    return {name: deployed(task, environ) for name, task in tasks.items()}


def deployed(task: Path, environ: Mapping[str, str]) -> Variant:
    """A bundle of ``deployed.yaml``, unpacked, as it is deployed."""
    settings = task / "governance/deployed.json"
    return Variant("deployed", task, {**environ, "ADAPTGEN_GOVERNANCE": str(settings)}, governed=True)


def compare(
    ways: Mapping[str, Variant],
    run: Callable[[Variant, int], None],
    requests: Callable[[], Mapping[str, int]],
    rounds: int,
    warm: int,
) -> list[Figure]:
    """``run``: one process of a variant and its warm calls; ``requests``: those that AWS has had so far."""
    asked: dict[str, tuple[int, float]] = {}
    for name, one in ways.items():
        run(one, 0)  # the first of each fills caches and the key set in the state
        counts = [sum(requests().values())]
        for calls in (0, warm):
            run(one, calls)
            counts.append(sum(requests().values()))
        start = counts[1] - counts[0]
        asked[name] = start, (counts[2] - counts[1] - start) / (warm + child.WARMING)
        one.forget()
    order = list(ways)
    for _ in range(rounds):
        random.shuffle(order)  # what runs after the largest process would always be the same one
        for name in order:
            run(ways[name], warm)
    start, call = ([asked[one][at] for one in ("login", "plain")] for at in (0, 1))
    figures = [
        Figure("unused login: requests to AWS of a start", start[0], "", start[1], "without", start[1]),
        Figure("  of a warm call", call[0], "", call[1], "without", call[1]),
    ]
    for what, name in (("start", "start to first answered call"), ("work", "processor time"), ("call", "a warm call")):
        plain, again, login = (median(getattr(ways[one], what)) for one in ("plain", "again", "login"))
        figures += [
            Figure(
                f"  {name}, with / without",
                login / plain,
                "",
                again / plain,
                "without / without",
                BAR * max(again / plain, 1.0),
            ),
            Figure(f"  {name}", login, "ms", plain, "without"),
        ]
    return figures
