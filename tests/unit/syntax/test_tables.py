"""Tables as text: what a line becomes, and that none is lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.syntax import tables as tabular
from adaptgen.syntax.tables import kind_of_media, read


def rows(text: str, kind: Any = "separated", media: str = "text/csv") -> list[Any]:
    return read(text, kind, media).records


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("id,name\r\n1,Ada\r\n", [{"id": "1", "name": "Ada"}]),
        ("id,name\n1,Ada\n2,Bob", [{"id": "1", "name": "Ada"}, {"id": "2", "name": "Bob"}]),
        ('id,note\n1,"two\r\nlines, one ""cell"""\n', [{"id": "1", "note": 'two\r\nlines, one "cell"'}]),
        ("id;name;sum\n1;Ada;1,50\n2;Bob;2,75\n", [
            {"id": "1", "name": "Ada", "sum": "1,50"}, {"id": "2", "name": "Bob", "sum": "2,75"}]),
        ("name;amount, net\nAda;5\n", [{"name": "Ada", "amount, net": "5"}]),
        ('"a;b",c\n1,2\n', [{"a;b": "1", "c": "2"}]),
        ("a|b\n1|2\n", [{"a": "1", "b": "2"}]),
        ("sep=;\nid;name\n1;Ada\n", [{"id": "1", "name": "Ada"}]),
        ("\ufeffid,name\n1,Ada\n", [{"id": "1", "name": "Ada"}]),
        ("id,name,name\n1,Ada,A.\n", [{"id": "1", "name": "Ada", "name 2": "A."}]),
        ("id,name,name 2,name\n1,a,b,c\n", [{"id": "1", "name": "a", "name 2": "b", "name 3": "c"}]),
        ("id,,name\n1,x,Ada\n", [{"id": "1", "column 2": "x", "name": "Ada"}]),
        ("id,name,\n1,Ada,\n", [{"id": "1", "name": "Ada"}]),
        ("id,name\n\n1,Ada\n,\n", [{"id": "1", "name": "Ada"}]),
        ("id,name,city\n1,Ada\n", [{"id": "1", "name": "Ada"}]),
        ("1,Ada\n2,Bob\n", [{"column 1": "1", "column 2": "Ada"}, {"column 1": "2", "column 2": "Bob"}]),
        ("Ada,DE\nBob,DE\n", [{"column 1": "Ada", "column 2": "DE"}, {"column 1": "Bob", "column 2": "DE"}]),
        ("region,2024,2025\nEMEA,1.5,2.5\n", [{"region": "EMEA", "2024": "1.5", "2025": "2.5"}]),
        ("", []),
        ("id,name\n", []),
    ],
)  # fmt: skip
def test_separated_values(text: str, records: list[Any]) -> None:
    found = read(text, "separated", "text/csv")
    assert (found.records, found.unreadable) == (records, ())


@pytest.mark.parametrize(
    ("text", "unreadable", "readable"),
    [
        ('id,note\n1,"open\n2,fine\n', {2: '1,"open'}, ["2"]),
        ('id,note\n1,"a" b\n2,fine\n', {2: '1,"a" b'}, ["2"]),
        ("id,name\n1,Doe, Jane\n2,Bob\n", {2: "1,Doe, Jane"}, ["2"]),
        ("Customers of today\nid,name\n1,Ada\n", {1: "Customers of today"}, ["1"]),
    ],
)
def test_a_line_that_fits_no_record_is_one_of_its_own(
    text: str, unreadable: dict[int, str], readable: list[str]
) -> None:
    found = read(text, "separated", "text/csv")
    told = [one["unreadable"] for one in found.records if "unreadable" in one]
    assert told == [f"line {number}: {line}" for number, line in unreadable.items()]
    assert found.unreadable == tuple(unreadable)
    assert [one["id"] for one in found.records if "id" in one] == readable


def test_many_broken_lines_take_no_lines_with_them() -> None:
    text = "id,note\n" + '1,"a" b\n2,fine\n' * 200
    found = read(text, "separated", "text/csv")
    assert len(found.unreadable) == 200
    assert sum(one == {"id": "2", "note": "fine"} for one in found.records) == 200


def test_a_sequence_may_have_texts_of_several_lines() -> None:
    assert rows('\x1e{"id":\n 1}\n\x1e{"id": 2}\n', "sequence") == [{"id": 1}, {"id": 2}]
    assert read('\x1e{"id": 1}\n\x1e{"id": \n', "sequence").unreadable == (2,)


def test_one_json_text_over_many_lines_under_the_wrong_type() -> None:
    assert rows('[\n {"id": 1},\n {"id": 2}\n]', "lines") == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("text/csv; header=absent", "separated"), ("application/csv", "separated"), ("Text/TSV", "tabbed"),
        ("text/tab-separated-values", "tabbed"),
        ("application/x-ndjson", "lines"), ("application/jsonl", "lines"), ("application/x-jsonlines", "lines"),
        ("application/stream+json", "lines"), ("application/json-seq", "sequence"),
        ("application/vnd.acme+json-seq", "sequence"), ("application/json", None), ("text/plain", None), ("", None),
    ],
)  # fmt: skip
def test_media_types(media: str, kind: str | None) -> None:
    assert kind_of_media(media) == kind


CELLS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    names=st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=2, max_size=4, unique=True),
    table=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_writer_writes_is_read(names: list[str], table: list[list[str]], delimiter: str, end: str) -> None:
    table = [row[: len(names)] for row in table]
    table = [row for row in table if any(row) and not {*names} & {*row}]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([names, *table])
    found = read(written.getvalue(), "separated", "text/csv; header=present")
    assert found.records == [dict(zip(names, row, strict=True)) for row in table]


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.text('a1,;"\t ', max_size=9), max_size=14))
def test_no_line_is_lost(lines: list[str]) -> None:
    """Whatever the lines hold: every letter and digit of them is in a name, a value or the text of a line."""
    found = read("\n".join(["name,number", *lines]), "separated", "text/csv; header=present")
    shown = "".join(str(value) for one in found.records for value in one.values() if "unreadable" not in one)
    shown += "".join(one["unreadable"].partition(": ")[2] for one in found.records if "unreadable" in one)
    kept = sum(map(str.isalnum, "".join(lines)))
    assert sum(map(str.isalnum, shown)) >= kept


def test_quotes_that_are_never_closed_cost_no_more_than_the_table_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty attempts that each read to the end would be fifty tables."""
    looked = 0

    def counted(lines: list[str], begin: int, end: None) -> Iterator[str]:
        nonlocal looked
        for line in lines[begin:end]:
            looked += 1
            yield line

    monkeypatch.setattr(tabular, "islice", counted)
    table = tabular.read("a,b,c\n" + '"x,y,z\n' * 2000, "separated")
    assert len(table.records) == len(table.unreadable) == 2000
    assert looked <= 4 * 2001
