"""``governance.yaml``: the design's own example, short forms, and every error of one key with its place."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.settings_texts import DESIGN, PROXY, refused

from adaptgen.config.types import Table
from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings import table as settings_table
from adaptgen.govern.settings.load import parse, read
from adaptgen.govern.settings.model import (
    Audit,
    Authenticate,
    Authorize,
    Claims,
    Keys,
    Limit,
    Listen,
    Settings,
    State,
    Tokenize,
    TokenKeys,
    Trace,
    Upstream,
    UpstreamAuth,
)


@pytest.fixture
def design(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "b.cedar").write_text("permit(principal, action, resource);\n")
    (tmp_path / "policies" / "a.cedar").write_text("// none yet\n")
    (tmp_path / "policies" / "notes.txt").write_text("not a policy")
    path = tmp_path / "governance.yaml"
    path.write_text(DESIGN)
    return path


def test_the_example_of_the_design_is_read(design: Path) -> None:
    found = read(design)
    assert dataclasses.replace(found, path="", hash="", policies={}) == Settings(
        mode="proxy",
        listen=Listen(http="0.0.0.0:8000", resource="https://mcp.bank.example/mcp"),
        upstreams={
            "crm": Upstream(url="${env:CRM_URL}", auth=UpstreamAuth(kind="sigv4")),
            "billing": Upstream(
                url="https://billing.example/mcp",
                auth=UpstreamAuth(
                    kind="oauth2",
                    token_url="https://idp.example/token",
                    client_id="m2m",
                    client_secret="${secret:m2m}",
                ),
            ),
        },
        authenticate=Authenticate(
            issuer="https://idp.example/",
            audience=("https://mcp.bank.example/mcp",),
            caller=Claims(sub="sub", tenant="org", groups="cognito:groups"),
        ),
        authorize=Authorize(engine="cedar", default="read", policies=("policies/",), mode="enforce"),
        limits=(
            Limit(per=("group", "tool"), rate=1.0, burst=60.0, text="60/m"),
            Limit(per=("sub",), rate=600 / 3600, burst=600.0, text="600/h"),
        ),
        tokenize=Tokenize(),
        keys=Keys(
            tokens=TokenKeys(current="k2", all={"k1": "${secret:tok#k1}", "k2": "${secret:tok#k2}"}),
            cursors="${secret:cur}",
            handover="${secret:ho}",
            audit="${secret:aud}",
        ),
        state=State(store="dynamodb", table="adaptgen"),
        trace=Trace(otlp="${env:OTEL_EXPORTER_OTLP_ENDPOINT}"),
        audit=Audit(sink="stdout"),
    )
    assert found.path == design.as_posix()
    assert found.policies == {
        "policies/a.cedar": "// none yet\n",
        "policies/b.cedar": "permit(principal, action, resource);\n",
    }
    assert found.where("keys", "tokens", "current") == Where(design.as_posix(), 9, 17)


# ------------------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "help"),
    [
        ("adaptgen: 1\nmods: proxy\n", 2, 1, "unknown key 'mods'", "did you mean 'mode'?"),
        (PROXY + "listen: {htp: '127.0.0.1:1'}\n", 4, 10, "unknown key 'htp' under listen", "did you mean 'http'?"),
        (
            "adaptgen: 1\nmode: proxy\nupstreams:\n  crm:\n    url: https://a.example\n    auth:\n"
            '      kind: bearer\n      tokn: "${env:T}"\n',
            8,
            7,
            "unknown key 'tokn' under upstreams.crm.auth",
            "did you mean 'token'?",
        ),
        (
            "adaptgen: 1\nlimits:\n- {per: sub, rate: 1/s}\n- {per: sub, rate: 1/s, bursts: 2}\n",
            4,
            25,
            "unknown key 'bursts' under limits[1]",
            "did you mean 'burst'?",
        ),
        ("adaptgen: 1\nmode: proxi\n", 2, 1, "mode must be embedded, behind or proxy, not 'proxi'",
         "did you mean 'proxy'?"),
        ("adaptgen: 1\ntokenize: {kinds: [email, emial]}\n", 2, 27, "unknown kind 'emial'", "did you mean 'email'?"),
        ("adaptgen: 1\ntools: {x: {arguments: {to: phon}}}\n", 2, 25, "unknown kind 'phon'", "did you mean 'phone'?"),
        ("adaptgen: 1\nlimits: {per: sub, rate: 60}\n", 2, 20,
         "limits.rate must be a rate such as 60/m, not the number 60", "a number above 0, /, and s, m, h or d"),
        ("adaptgen: 1\nlimits: {per: sub, rate: 0/s}\n", 2, 20, "limits.rate must be a rate such as 60/m, not '0/s'",
         "a number above 0, /, and s, m, h or d"),
        ("adaptgen: 1\nswitch: {every: soon}\n", 2, 10, "switch.every must be a duration such as 10s, not 'soon'",
         "units: ms, s, m, h, d"),
        ("adaptgen: 1\nswitch: {read_only: yes}\n", 2, 10, "switch.read_only must be true or false, not 'yes'",
         "write true or false, without quotes"),
        ("adaptgen: 2\n", 1, 1, "adaptgen must be at most 1, not 2",
         "this file is for a later version: upgrade adaptgen"),
        ("mode: embedded\n", 1, 1, "the file needs 'adaptgen'", "it is 1"),
        ("adaptgen: 1\nkeys: {tokens: {current: key-one, all: {k1: '${env:K}'}}}\n", 2, 17,
         "keys.tokens.current: 'key-one' is not a key id of a letter and a letter or digit, such as k1", ""),
        ("adaptgen: 1\nhooks: {before: look}\n", 2, 9,
         "hooks.before: 'look' is not package.module:function", ""),
        ("adaptgen: 1\nhttp: 127.0.0.1:80\n", 2, 1, "unknown key 'http'", "it belongs under listen"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_located(text: str, line: int, column: int, message: str, help: str) -> None:
    assert refused(text) == [("AG070", line, column, message, help)]


# -------------------------------------------------------------------------------------------------------- the text


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("adaptgen: 1\nmode: proxy\nmode: behind\n", "AG003", 3, 1),
        ('{"adaptgen": 1,\n "adaptgen": 1}', "AG003", 2, 2),
        ("adaptgen: 1\n\tmode: x\n", "AG002", 2, 1),
        ('{"adaptgen": 1,\n "mode" "x"}', "AG002", 2, 9),
        ('{"adaptgen": NaN}', "AG002", 1, 14),
        ('{"adaptgen": 1}\n}', "AG002", 2, 1),
        ("adaptgen: 1\n---\nadaptgen: 1\n", "AG002", 2, 1),
        ("adaptgen: 1\nkeys: &a {cursors: *a}\n", "AG005", 2, 20),
        ("adaptgen: !!python/name:os.system x\n", "AG002", 1, 11),
        ("? [a]\n: 1\n", "AG002", 1, 3),
        ("a: " + "[" * 60 + "]" * 60, "AG005", 1, 44),
        ("a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{b}: &{b} [{','.join(['*' + a] * 10)}]\n" for a, b in zip("abcde", "bcdef", strict=True)
        ), "AG005", 5, 8),
        ("", "AG070", 1, 1),
        ("# nothing\n", "AG070", 1, 1),
        ("[]\n", "AG070", 1, 1),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_is_located(text: str, code: str, line: int, column: int) -> None:
    assert [one[:3] for one in refused(text)] == [(code, line, column)]


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(
        ["cedar", "60/m", "10s", "proxy", "api", "short", "https://a.example/", "${env:X}", "{x}", "s3://b/k", "k1"]
    ),
)  # fmt: skip

_NAMES = st.one_of(st.sampled_from(sorted({
    name for section in settings_table.SETTINGS.keys.values()
    for name in (*settings_table.SETTINGS.keys, *(section.type.keys if isinstance(section.type, Table) else ()))
})), st.text(max_size=5))  # fmt: skip

_VALUES = st.recursive(
    _SCALARS,
    lambda some: st.one_of(st.lists(some, max_size=3), st.dictionaries(_NAMES, some, max_size=4)),
    max_leaves=30,
)


def places(text: bytes) -> list[Where | None]:
    """Of the errors of a text; whatever else it raises fails the test."""
    try:
        parse(text, "g.yaml")
    except AdaptgenError as refused:
        return [one.where for one in refused.diagnostics]
    return []


@given(value=st.dictionaries(st.sampled_from(sorted(settings_table.SETTINGS.keys)), _VALUES, max_size=6))
@hypothesis_settings(max_examples=300, deadline=None)
def test_whatever_stands_there_is_read_or_located(value: dict[str, Any]) -> None:
    for text in (json.dumps({"adaptgen": 1, **value}), yaml.safe_dump({"adaptgen": 1, **value})):
        assert None not in places(text.encode(errors="surrogatepass"))


@given(data=st.data())
@hypothesis_settings(max_examples=200, deadline=None)
def test_a_text_that_was_damaged_is_read_or_located(data: st.DataObject) -> None:
    text = bytearray((PROXY + DESIGN.partition("authenticate")[2]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert None not in places(bytes(text))


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "{" * 100_000, '{"a": ' + "[" * 100_000, "- " * 100_000])
def test_depth_is_refused_before_it_is_reached(text: str) -> None:
    with pytest.raises(AdaptgenError):
        parse(text.encode(), "g.yaml")


def test_merge_keys_and_numbers_are_those_of_hints() -> None:
    text = "adaptgen: 1\ntools: {a: &a {hide: true}, b: {<<: *a, effect: read}}\n"
    text += "limits: {per: sub, rate: 1/s, burst: 0x10}\n"
    settings = parse(text.encode(), "g.yaml")
    assert (settings.tools["b"].hide, settings.tools["b"].effect, settings.limits[0].burst) == (True, "read", 16)


def test_json_needs_no_yaml_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "adaptgen.text.yaml", raising=False)
    monkeypatch.delattr("adaptgen.text.yaml", raising=False)
    assert parse(b'{"adaptgen": 1}', "g.json").mode == "embedded"
    assert refused_code(b"adaptgen: 1\n") == ["AG002"]


def refused_code(text: bytes) -> list[str]:
    with pytest.raises(AdaptgenError) as caught:
        parse(text, "g.yaml")
    return [one.code for one in caught.value.diagnostics]


def test_a_file_that_is_not_there_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError, match="AG001: the settings cannot be read: there is no such file"):
        read(tmp_path / "governance.yaml")
