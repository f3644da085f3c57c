"""``adaptgen eval`` with a model, from the command line to the stored conversation and back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.eval_shop import INVOICES, document
from support.scripted_model import Turn, scripted_model
from support.web import Asked, Said, web

from adaptgen.cli import main

CASES = """
adaptgen: 1
cases:
  open:
    question: Which invoices are open?
    calls: [{tool: list_invoices, arguments: {status: OPEN}}]
    answer: {$.items: {$rows: {fields: [id], rows: [[7]]}}}
"""
RIGHT = (Turn("", [("list_invoices", {"status": "OPEN"})]), Turn("Invoice 7."))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The generated folder, its cases, and its API on loopback."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "specs" / "shop" / "evals").mkdir(parents=True)
    (tmp_path / "specs" / "shop" / "evals" / "cases.yaml").write_text(CASES)

    def answer(asked: Asked) -> Any:
        wanted = asked.query.get("status")
        if asked.path == "/invoices":
            return [one for one in INVOICES if wanted in (None, one["status"])]
        return [] if asked.path == "/orders" else Said({}, 404)

    with web(answer) as api:
        given = document()
        given["servers"] = [{"url": api.url}]
        (tmp_path / "specs" / "shop.json").write_text(json.dumps(given))
        assert main(["build", "specs/shop.json", "-q"]) == 0
        yield "generated/shop"


def _eval(*arguments: str) -> list[str]:
    return ["eval", "generated/shop", "--layer", "L3", *arguments]


def test_a_model_is_asked_kept_replayed_and_goes_stale(
    shop: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_model({"open?": RIGHT}) as model:
        asked = _eval(
            "--live", "--model", "m", "--endpoint", f"{model.url}/v1", "--html", "page.html", "--junit", "x.xml"
        )
        assert main(asked) == 0
    (kept,) = (tmp_path / "specs/shop/evals/transcripts").iterdir()
    assert "Transcript of m, run 1 of 1" in (tmp_path / "page.html").read_text()
    assert 'name="model.answer"' in (tmp_path / "x.xml").read_text()
    capsys.readouterr()
    # Without a model and without the API: in CI.
    assert main(["eval", shop, "--fail-under", "100", "--layer", "L3", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["layers"]["L3"]["failed"] == 0
    assert report["totals"]["tokens"] == 220
    assert main(_eval("--replay", "--model", "other")) == 1
    assert "stale" in capsys.readouterr().out
    text = json.loads((tmp_path / "specs/shop.json").read_text())
    text["paths"]["/orders"]["get"]["summary"] = "Bills and invoices"
    (tmp_path / "specs/shop.json").write_text(json.dumps(text))
    assert main(["build", "specs/shop.json", "-q"]) == 0
    capsys.readouterr()
    assert main(_eval()) == 1
    out = capsys.readouterr().out
    assert "the tools that this caller sees have changed" in out
    assert kept.exists()


def test_what_the_cassettes_do_not_have_says_nothing_of_the_model(
    shop: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with scripted_model({"open?": RIGHT}) as model:
        assert main(_eval("--model", "m", "--endpoint", f"{model.url}/v1", "--json")) == 0
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["name"], check["state"], check["help"]) == ("model.api", "not run", "--live asks the API")
    assert not (tmp_path / "specs/shop/evals/transcripts").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "m"), "no key is set"),
        (("--model", "m", "--endpoint", "command:true", "--budget", "2.50"), "needs the prices"),
        (("--model", "m", "--endpoint", "command:true", "--model-option", "x"), "has no value"),
        (("--model", "m", "--endpoint", "anthropic", "--seed", "1"), "takes no seed"),
    ],
)
def test_a_model_that_cannot_be_asked_as_named_is_an_error(
    shop: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert main(_eval(*arguments)) == 2
    assert said in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------------- against


def _git(*arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], check=True, capture_output=True
    )


def _change(name: str, summary: str) -> None:
    """The document says something else of an operation, and the server is built again."""
    spec = Path("specs/shop.json")
    text = spec.read_text()
    spec.write_text(text.replace(f'"{name}"', f'"{summary}"'))
    assert spec.read_text() != text
    assert main(["build", "specs/shop.json", "-q"]) == 0


@pytest.mark.parametrize("committed", [("specs", "generated"), ("specs",)])
def test_a_change_is_compared_with_a_revision(
    shop: str, capsys: pytest.CaptureFixture[str], committed: tuple[str, ...]
) -> None:
    _git("init", "-q", ".")
    with scripted_model({"open?": RIGHT}) as model:
        assert main(_eval("--live", "--model", "m", "--endpoint", f"{model.url}/v1")) == 0
    _git("add", *committed)
    _git("commit", "-qm", "before")
    against = _eval("--against", "HEAD", "--fail-on", "regression", "--json")
    capsys.readouterr()
    # The harmless twin: nothing has changed, and the recordings of both sides fit.
    assert main(against) == 0
    same = json.loads(capsys.readouterr().out)["against"]
    assert (same["regression"], same["cases"], same["layers"]["L3"]["before"]["passed"]) == (False, [], 8)
    _change("Orders, by status", "Bills and invoices")
    capsys.readouterr()
    assert main(against) == 1
    found = json.loads(capsys.readouterr().out)["against"]
    assert [one["name"] for one in found["newly_failing"]] == ["model.recording"]
    assert found["layers"]["L3"]["before"]["passed"] == 8


def test_a_model_shows_what_a_worse_description_does(
    shop: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model takes the first tool whose description speaks of invoices."""
    program = tmp_path / "model.py"
    program.write_text(
        "import json, sys\n"
        "asked = json.load(sys.stdin)\n"
        "if len(asked['messages']) > 1:\n"
        "    print(json.dumps({'text': 'Invoice 7.'}))\n"
        "else:\n"
        "    fits = [one['name'] for one in asked['tools'] if 'Invoices, by' in one['description']]\n"
        "    names = fits or [one['name'] for one in asked['tools'] if 'by status' in one['description']]\n"
        "    print(json.dumps({'calls': [{'name': names[0], 'arguments': {'status': 'OPEN'}}]}))\n"
    )
    shutil.copytree("generated", "before/generated")
    shutil.copytree("specs", "before/specs")
    asked = ("--live", "--model", "mine", "--endpoint", f"command:{sys.executable} '{program}'")
    against = _eval(*asked, "--against", "before/generated/shop", "--fail-on", "regression", "--json")
    _change("One invoice", "A single invoice")
    capsys.readouterr()
    assert main(against) == 0
    same = json.loads(capsys.readouterr().out)["against"]
    assert same["newly_failing"] == []
    assert same["layers"]["L3"]["before"] == same["layers"]["L3"]["after"]
    _change("Orders, by status", "Invoices, by orders")
    _change("Invoices, by status", "Things, by status")
    capsys.readouterr()
    assert main(against) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["confusion"] == [{"expected": "list_invoices", "called": "list_orders", "count": 1}]
    assert [one["name"] for one in report["against"]["newly_failing"]] == ["model.wrong_tool"]
    assert not Path("before/specs/shop/evals/transcripts").exists()


def test_what_cannot_be_compared_is_an_error(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_eval("--against", "nowhere")) == 2
    assert "AG055" in capsys.readouterr().err
    assert main(_eval("--fail-on", "regression")) == 2
    assert "AG058" in capsys.readouterr().err
