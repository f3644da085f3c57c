"""What costs that is configured and not used: the settings of docs/deploy.md beside the same with a login.

Both are packaged and started in turns, for callers who have a token already. The first bundle runs as two variants, so
that it shows how far two medians of the same thing lie apart on this machine.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from figures import Figure, median

from starting import bundles, child
from starting.runs import Variant

LOGIN = """
login:
  client_id: adaptgen
  client_secret: "${secret:crm-governance#login}"
  redirects: [claude.ai, chatgpt.com]
"""
BAR = 1.05
"""Of a ratio of medians: two medians of the same thing differ by up to 2 percent where nothing else runs."""


def with_login(folder: Path) -> Path:
    """A copy of ``specs/crm/deployed.yaml`` and its policies in ``folder``, with all that a login brings; under the
    same name, so that both are packaged the same way."""
    shutil.copytree(bundles.ROOT / "specs/crm/policies", folder / "policies")
    path = folder / "deployed.yaml"
    path.write_text((bundles.ROOT / "specs/crm/deployed.yaml").read_text("utf-8") + LOGIN, "utf-8")
    return path


def variants(folder: Path, plain: Path, environ: Mapping[str, str]) -> dict[str, Variant]:
    """``plain``: the unpacked bundle without a login."""
    settings = folder / "specs"
    settings.mkdir()
    login = bundles.ours(folder, "login", with_login(settings))
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
            Figure(f"  {name}, with / without", login / plain, "", again / plain, "without / without", BAR),
            Figure(f"  {name}", login, "ms", plain, "without"),
        ]
    return figures
