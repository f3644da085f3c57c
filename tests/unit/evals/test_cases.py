"""Files of cases: what they mean, and every error with its place and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.evals.cases import read_folder
from adaptgen.evals.model import Case
from adaptgen.model.tables import Caller

LOCAL = Caller("local", groups=("sales",))


def read(folder: Path, **files: str) -> tuple[Case, ...]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_folder(folder, LOCAL, "specs/x/evals")


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(AdaptgenError) as failure:
        read(folder, a=text)
    return [f"{one.where}: {one.code} {one.message} | {one.help}" for one in failure.value.diagnostics]


def test_a_case_has_what_its_file_says(tmp_path: Path) -> None:
    (case, other) = read(
        tmp_path,
        a="""
adaptgen: 1
callers: {ada: {tenant: acme, groups: sales}}
cases:
  one:
    question: Which?
    caller: ada
    calls:
      - {tool: list_a, arguments: {name: x}, keep: found, instead: [{tool: list_b}]}
      - {tool: get_a, arguments: {id: {$from: "found.items[0].id"}}, more_arguments: true}
    never: [drop_a, {tool: set_a, arguments: {id: 7}, permitted: true}]
    answer: {$.id: 7}
    state: [{tool: get_a, arguments: {id: 7}, answer: {$.state: OPEN}}]
    refused_for: [ada, {sub: eve}]
    max_turns: 3
""",
        b="cases: {two: {question: What?}}",
    )
    assert case.caller == Caller("ada", "acme", ("sales",))
    assert [(call.tool, call.keep, call.more_arguments) for call in case.calls] == [
        ("list_a", "found", False),
        ("get_a", "", True),
    ]
    assert [one.tool for one in case.calls[0].instead] == ["list_b"]
    assert [(one.tool, one.permitted, one.more_arguments) for one in case.never] == [
        ("drop_a", False, True),
        ("set_a", True, True),
    ]
    assert [caller.sub for caller in case.refused_for] == ["ada", "eve"]
    assert case.state[0][1] == {"$.state": "OPEN"}
    assert (str(case.where), str(case.calls[1].where)) == ("specs/x/evals/a.yaml:5:3", "specs/x/evals/a.yaml:10:9")
    assert (other.id, other.caller, other.calls) == ("two", LOCAL, ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cases: {one: {question: a, answr: 1}}",
         "specs/x/evals/a.yaml:1:28: AG100 unknown key 'answr' under cases.one | did you mean 'answer'?"),
        ("cases: {one: {}}", "specs/x/evals/a.yaml:1:9: AG101 cases.one needs 'question' | "),
        ("cases: {one: {question: a, caller: eve}}",
         "specs/x/evals/a.yaml:1:28: AG101 there is no caller 'eve' under callers | callers: none yet"),
        ("callers: {ada: {}}\ncases: {one: {question: a, caller: add}}",
         "specs/x/evals/a.yaml:2:28: AG101 there is no caller 'add' under callers | did you mean 'ada'?"),
        ("cases: {one: {question: a, calls: [{tool: t, arguments: {n: {$contain: x}}}]}}",
         "specs/x/evals/a.yaml:1:62: AG101 there is no matcher '$contain' | did you mean '$contains'?"),
        ("cases: {one: {question: a, calls: [{tool: t, arguments: {n: {$any: true, m: 1}}}]}}",
         "specs/x/evals/a.yaml:1:58: AG101 cases.one.calls[0].arguments.n mixes matchers ($any) and members of an "
         "object | a literal key that begins with $ is written under {$is: …}"),
        ("cases: {one: {question: a, calls: [t], answer: {'$.items[': 1}}}", "is not a JSONPath"),
        ("cases: {one: {question: a, calls: [t], answer: {$.a: {$regex: '('}}}}", "$regex cannot be used"),
        ("cases: {one: {question: a, answer: 1}}",
         "specs/x/evals/a.yaml:1:28: AG101 one has an answer and no calls | name the calls: the last one returns the "
         "answer"),
        ("cases: {one: {question: a, calls: [{tool: t, arguments: {n: {$from: 'found.id'}}}]}}",
         "no earlier call keeps 'found' | write keep: found at an earlier call"),
        ("cases: {one: {question: \"a\\u202eb\"}}", "has a character that cannot be seen"),
        ("cases: {one: {question: a}, one: {question: b}}", "AG003"),
    ],
)  # fmt: skip
def test_every_error_has_its_place_and_a_fix(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in "\n".join(problems(tmp_path, text))


def test_names_are_used_once_over_all_files(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError) as failure:
        read(tmp_path, a="cases: {one: {question: a}}", b="cases: {one: {question: b}}")
    (problem,) = failure.value.diagnostics
    assert (problem.code, str(problem.where)) == ("AG103", "specs/x/evals/b.yaml:1:9")
    assert "specs/x/evals/a.yaml:1:9" in problem.help
