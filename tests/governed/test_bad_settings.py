"""Settings that cannot be put to work, as ``serve`` and ``proxy`` say of them: located, and nothing is served."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.bad_settings import Path_, as_yaml, assert_located, edited
from support.command import refused
from support.governing import KEYS
from support.handing import RESOURCE, behind, proxying
from support.services import free_port
from support.web import Said, Web, web

from adaptgen.cli import main

# -------------------------------------------------------------------------------------- what the settings name is wrong


@pytest.fixture
def idp() -> Iterator[Web]:
    """An authorization server whose answers a test replaces: by path."""
    key = ECKey.generate_key("P-256", private=True)
    good = {"keys": [{**key.as_dict(private=False), "kid": "k1"}]}
    with web(lambda asked: good if asked.path == "/jwks" else Said({}, 404)) as made:
        yield made


@pytest.fixture
def embedded(tmp_path: Path, idp: Web) -> Callable[..., Path]:
    """Settings of a server that are right, except for the keys that are given; None takes one away."""

    def embedded(**given: Any) -> Path:
        (tmp_path / "all.cedar").write_text("permit (principal, action, resource);")
        made = {
            "adaptgen": 1,
            "listen": {"http": "127.0.0.1:8000", "resource": RESOURCE},
            "authenticate": {"issuer": idp.url, "audience": RESOURCE, "jwks": f"{idp.url}/jwks"},
            "authorize": {"default": "read", "policies": ["all.cedar"]},
            "tokenize": {"kinds": ["email", "phone", "name"]},
            "keys": {
                "tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}},
                "cursors": "${env:T_CURSORS}",
                "audit": "${env:T_AUDIT}",
            },
            "audit": {"sink": str(tmp_path / "audit.jsonl")},
            **given,
        }
        path = tmp_path / "governance.yaml"
        path.write_text(as_yaml({name: one for name, one in made.items() if one is not None})[0])
        return path

    return embedded


def line_of(path: Path, at: Path_) -> tuple[int, int]:
    """Where a key stands in settings that :func:`as_yaml` wrote."""
    import yaml

    return as_yaml(yaml.safe_load(path.read_text()))[1][at]


def assert_told(errors: str, code: str, path: Path, at: Path_, said: str) -> None:
    """An error with this code at this key, with these words and with a fix."""
    line, column = line_of(path, at)
    match = re.search(
        rf"^{re.escape(path.as_posix())}:{line}:{column}: error {code}: (.*)\n(?:    \| .*\n)*    help: \S",
        errors,
        re.M,
    )
    assert match is not None, errors
    assert said in match[1], errors


def test_settings_that_are_right_do_serve(embedded: Callable[..., Path], opened: list[int], package: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """What the tests below change one thing of."""
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)

    class Started(Exception):
        pass

    async def run_governed(governed: Any, listener: socket.socket, profile: str = "") -> None:
        listener.close()
        raise Started

    monkeypatch.setattr("adaptgen.transports.streamable_http.serve.run_governed", run_governed)
    monkeypatch.setenv("ADAPTGEN_DEBUG", "1")
    with pytest.raises(Started):
        main(["serve", str(package), "--http", "127.0.0.1:0", "--governance", str(embedded())])
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"", "AG070", 1, 1),
        (b"# nothing\n", "AG070", 1, 1),
        (b"adaptgen: 1\nmode: \xff\n", "AG002", 2, 1),
        (b"adaptgen: 1\nlisten: {http: x\n", "AG002", 2, 9),
        (b"adaptgen: 1\n\tmode: proxy\n", "AG002", 2, 1),
        (b"adaptgen: 1\nmode: proxy\nmode: embedded\n", "AG003", 3, 1),
        (b'{"adaptgen": 1,\n "mode": }', "AG002", 2, 10),
        (b"- adaptgen\n", "AG070", 1, 1),
        (b"adaptgen: 1\n---\nadaptgen: 1\n", "AG002", 2, 1),
    ],
)
@pytest.mark.parametrize("command", ["serve", "proxy"])
def test_a_text_that_is_broken_is_located(
    run: Callable[..., str], tmp_path: Path, data: bytes, code: str, line: int, column: int, command: str
) -> None:
    path = tmp_path / "governance.yaml"
    path.write_bytes(data)
    assert_located(run(command, path), code, path, line, column)


@pytest.mark.parametrize("command", ["serve", "proxy"])
def test_settings_that_are_not_there(run: Callable[..., str], tmp_path: Path, command: str) -> None:
    assert "error AG001: the settings cannot be read: there is no such file" in run(command, tmp_path / "none.yaml")


def test_a_server_that_names_settings_which_are_not_there(
    package: Path, tmp_path: Path, opened: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    copy = tmp_path / "people"
    shutil.copytree(package, copy)
    module = copy / "server.py"
    module.write_text(module.read_text().replace('name="people",', 'name="people",\n    governance="gone.yaml",', 1))
    code = main(["serve", str(copy), "--http", "127.0.0.1:0"])
    errors = capsys.readouterr().err
    assert (code, opened) == (2, [])
    assert "error AG078: its governance settings are not there" in errors
    assert "help: name them" in errors


# ------------------------------------------------------------------------------------------------------------- policies


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "cannot be read: no such file"),
        (lambda path: path.write_bytes(b"permit \xff"), "cannot be read: not UTF-8"),
        (lambda path: path.write_text(""), "no policy found"),
        (lambda path: path.mkdir(), "no policy found"),
        (lambda path: path.symlink_to(path), "cannot be read: too many levels of symbolic links"),
    ],
    ids=["missing", "bytes", "empty", "folder", "loop"],
)
def test_policies_that_cannot_be_read(
    run: Callable[..., str], embedded: Callable[..., Path], tmp_path: Path, make: Callable[[Path], Any], said: str
) -> None:
    path = embedded(authorize={"policies": ["own.cedar"]})
    make(tmp_path / "own.cedar")
    assert_told(run("serve", path), "AG072", path, ("authorize", "policies", 0), said)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("permit (principal, action, resource)", 1, 36, "unexpected end of input"),
        ("permit (principal, action, resource);\n\nforbid (principal action, resource);", 3, 19, "unexpected token"),
        ('permit (principal,\n  action == Action::"people__list_peopel",\n  resource);', 2, 13,
         "unrecognized action"),
        ("permit (principal, action, resource)\nwhen { principal.clearance == 3 };", 2, 18, "clearance"),
        ("permit (principal == User::\"ada\", action, resource);", 1, 22, "unrecognized entity type"),
        ("permit (principal == ?principal, action, resource);", 1, 1, "template"),
        ('@id("x") permit (principal, action, resource);\n@id("x") forbid (principal, action, resource);', 2, 1,
         "identifier"),
    ],
    ids=["end", "token", "tool that is gone", "claim", "type", "template", "identifier"],
)  # fmt: skip
def test_a_policy_that_is_wrong_is_located_in_its_file(
    run: Callable[..., str], embedded: Callable[..., Path], tmp_path: Path, text: str, line: int, column: int, said: str
) -> None:
    path = embedded(authorize={"policies": ["policies/"]})
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "own.cedar").write_text(text)
    errors = run("serve", path)
    found = re.search(r"(\S*own\.cedar):(\d+):(\d+): error AG072: (.*)\n(?:    \| .*\n)*    help: \S", errors)
    assert found is not None, errors
    assert (int(found[2]), int(found[3])) == (line, column), errors
    assert said in found[4]


def test_a_policy_for_a_tool_that_is_gone_names_the_nearest(
    run: Callable[..., str], embedded: Callable[..., Path], tmp_path: Path
) -> None:
    path = embedded()
    (tmp_path / "all.cedar").write_text('permit (principal, action == Action::"people__list_peopel", resource);')
    assert 'help: did you mean Action::"people__list_people"?' in run("serve", path)


# ---------------------------------------------------------------------------------------------------------- identities


@pytest.mark.parametrize(
    ("given", "at", "said"),
    [
        ({"audience": None}, (), "needs 'audience'"),
        ({"issuer": None}, (), "needs 'issuer'"),
        ({"audience": "${env:NOT_SET}"}, ("audience",), "NOT_SET"),
        ({"jwks": "http://127.0.0.1:1/jwks"}, ("jwks",), "cannot be reached"),
        ({"jwks": None, "issuer": "http://127.0.0.1:1"}, ("issuer",), "cannot be reached"),
        ({"jwks": None}, ("issuer",), "metadata"),
    ],
    ids=["audience", "issuer", "unset", "dead keys", "dead issuer", "no metadata"],
)
def test_callers_that_could_not_be_authenticated(
    run: Callable[..., str],
    embedded: Callable[..., Path],
    idp: Web,
    given: Mapping[str, Any],
    at: Path_,
    said: str,
) -> None:
    rules = {"issuer": idp.url, "audience": RESOURCE, "jwks": f"{idp.url}/jwks", **given}
    path = embedded(authenticate={name: one for name, one in rules.items() if one is not None})
    code = "AG071" if "NOT_SET" in str(given) else "AG074"
    assert_told(run("serve", path), code, path, ("authenticate", *at), said)


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"<html>It works</html>"),
        Said(b""),
        Said({}),
        Said([]),
        Said({"keys": []}),
        Said({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
        Said({"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}]}),
        Said({"keys": "x"}),
        Said(b"[" * 100_000),
        Said({"keys": [{}] * 200_000}),
        Said({"keys": []}, 302, {"location": "http://127.0.0.1:1/"}),
        Said({"error": "x"}, 500),
        None,
    ],
    ids=lambda said: str(said)[:60],
)
def test_a_key_set_of_garbage(
    run: Callable[..., str], embedded: Callable[..., Path], idp: Web, answer: Said | None
) -> None:
    idp.answer = lambda _: answer
    path = embedded()
    assert_told(run("serve", path), "AG074", path, ("authenticate", "jwks"), "")


def test_metadata_of_another_issuer(run: Callable[..., str], embedded: Callable[..., Path], idp: Web) -> None:
    idp.answer = lambda _: {"issuer": "https://evil.example", "jwks_uri": f"{idp.url}/jwks"}
    path = embedded(authenticate={"issuer": idp.url, "audience": RESOURCE})
    assert_told(run("serve", path), "AG074", path, ("authenticate", "issuer"), "")


@pytest.mark.parametrize(
    ("jwks", "said"),
    [
        ("http://127.0.0.1:1/jwks", "cannot be reached"),
        ("none.json", "No such file"),
        ("garbage.json", "not JSON"),
        ("empty.json", "no usable public key"),
        ("https://user:pw@idp.example/jwks", "holds credentials"),
        ("http://idp.example/jwks", "is not https"),
    ],
)
def test_a_proxy_whose_keys_cannot_be_had(run: Callable[..., str], tmp_path: Path, jwks: str, said: str) -> None:
    (tmp_path / "garbage.json").write_text("<html>")
    (tmp_path / "empty.json").write_text('{"keys": []}')
    key = ECKey.generate_key("P-256", private=True)
    path = behind(tmp_path, key, accept={"issuer": RESOURCE, "audience": "people", "jwks": jwks})
    errors = run("serve", path)
    told = rf"{re.escape(path.as_posix())}:1:\d+: error AG07[04]: .*{said}.*\n(?:    \| .*\n)*    help: \S"
    assert re.search(told, errors), errors
    assert "user:pw" not in errors


@pytest.mark.parametrize("missing", ["issuer", "audience", "jwks"])
def test_a_proxy_that_is_not_described(run: Callable[..., str], tmp_path: Path, missing: str) -> None:
    key = ECKey.generate_key("P-256", private=True)
    accept: dict[str, Any] = {"issuer": RESOURCE, "audience": "people", "jwks": {"keys": [key.as_dict(private=False)]}}
    del accept[missing]
    path = behind(tmp_path, key, accept=accept)
    assert f"error AG070: accept needs {missing!r}" in run("serve", path)


# ---------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("name", ["tokens", "cursors", "audit"])
def test_a_server_that_others_reach_needs_every_key(
    run: Callable[..., str], embedded: Callable[..., Path], name: str
) -> None:
    all_keys = {
        "tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}},
        "cursors": "${env:T_CURSORS}",
        "audit": "${env:T_AUDIT}",
    }
    path = embedded(keys={key: one for key, one in all_keys.items() if key != name})
    errors = run("serve", path, "0.0.0.0:0")
    assert_told(errors, "AG073", path, ("keys",), f"keys.{name} is missing")


def test_a_server_that_others_reach_needs_callers(run: Callable[..., str], embedded: Callable[..., Path]) -> None:
    path = embedded(authenticate=None)
    assert "error AG078: " in run("serve", path, "0.0.0.0:0")


@pytest.mark.parametrize("name", ["tokens", "handover", "audit"])
def test_a_proxy_that_others_reach_needs_every_key(
    run: Callable[..., str], tmp_path: Path, idp: Web, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ECKey.generate_key("P-256", private=True)
    monkeypatch.setenv("T_HANDOVER", key.as_pem(private=True).decode())
    path = proxying(tmp_path, "http://127.0.0.1:1/mcp", idp.url)
    made = json.loads(path.read_text())
    del made["keys"][name]
    path.write_text(as_yaml(made)[0])
    errors = run("proxy", path, "0.0.0.0:0")
    assert_told(errors, "AG073", path, ("keys",), f"keys.{name} is missing")


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (None, "AG071", "T_OWN"),
        ("", "AG071", "T_OWN"),
        ("c2hvcnQ=", "AG073", "too short"),
        ("correct horse battery staple", "AG073", "neither base64 nor hex"),
        ("00" * 32, "AG073", "not random"),
        ("ab" * 64, "AG073", ""),
    ],
)
@pytest.mark.parametrize("at", [("cursors",), ("audit",), ("tokens", "all", "k1")], ids=".".join)
def test_a_key_that_is_none(
    run: Callable[..., str],
    embedded: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    at: Path_,
    value: str | None,
    code: str,
    said: str,
) -> None:
    keys: dict[str, Any] = {
        "tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}},
        "cursors": "${env:T_CURSORS}",
        "audit": "${env:T_AUDIT}",
    }
    path = embedded(keys=edited(keys, at, lambda holder, key: holder.update({key: "${env:T_OWN}"})))
    if value is not None:
        monkeypatch.setenv("T_OWN", value)
    errors = run("serve", path)
    assert_told(errors, code, path, ("keys", *at), said)
    assert not value or value not in errors


def test_a_key_in_the_settings_themselves_is_not_repeated(
    run: Callable[..., str], embedded: Callable[..., Path]
) -> None:
    path = embedded(keys={"cursors": KEYS["T_CURSORS"]})
    errors = run("serve", path)
    assert_told(errors, "AG073", path, ("keys", "cursors"), "must refer to a secret")
    assert KEYS["T_CURSORS"] not in errors


# ------------------------------------------------------------------------------------------------ what must be reached


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"<html>It works</html>", 200, {"content-type": "text/html"}),
        Said({"detail": "x"}, 500),
        Said({"detail": "x"}, 401),
        Said({"jsonrpc": "2.0", "id": 1, "result": {}}),
        Said(b"", 302, {"location": "http://169.254.169.254/latest/meta-data/"}),
        None,
    ],
    ids=lambda said: str(said)[:60],
)
def test_an_upstream_that_is_none(
    run: Callable[..., str], tmp_path: Path, idp: Web, monkeypatch: pytest.MonkeyPatch, answer: Said | None
) -> None:
    monkeypatch.setenv("T_HANDOVER", ECKey.generate_key("P-256", private=True).as_pem(private=True).decode())
    with web(lambda _: answer) as server:
        path = proxying(tmp_path, f"{server.url}/mcp", idp.url)
        path.write_text(as_yaml(json.loads(path.read_text()))[0])
        assert_told(run("proxy", path), "AG075", path, ("upstreams", "people", "url"), "people")


def test_an_upstream_that_is_dead(
    run: Callable[..., str], tmp_path: Path, idp: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T_HANDOVER", ECKey.generate_key("P-256", private=True).as_pem(private=True).decode())
    path = proxying(tmp_path, f"http://127.0.0.1:{free_port()}/mcp", idp.url)
    path.write_text(as_yaml(json.loads(path.read_text()))[0])
    assert_told(run("proxy", path), "AG075", path, ("upstreams", "people", "url"), "people")


def test_a_claim_that_is_not_known(run: Callable[..., str], tmp_path: Path, idp: Web) -> None:
    auth = {"kind": "sigv4", "region": "eu-central-1", "role": "arn:aws:iam::1:role/x", "tags": {"team": "taem"}}
    path = proxying(tmp_path, "https://mcp.example/mcp", idp.url)
    made = json.loads(path.read_text())
    made["upstreams"]["people"]["auth"] = auth
    made["authenticate"]["caller"]["keep"] = ["team"]
    path.write_text(as_yaml(made)[0])
    errors = run("proxy", path)
    assert_told(errors, "AG070", path, ("upstreams", "people", "auth", "tags", "team"), "unknown claim 'taem'")
    assert "did you mean 'team'?" in errors


@pytest.mark.parametrize(
    ("state", "at", "code", "said"),
    [
        ({"store": "redis", "url": "redis://127.0.0.1:1/0"}, "url", "AG076", ""),
        ({"store": "redis", "url": "http://127.0.0.1:1/0"}, "url", "AG076", "not a redis://"),
        ({"store": "redis", "url": "${env:NOT_SET}"}, "url", "AG071", "NOT_SET"),
        ({"store": "dynamodb", "table": "adaptgen", "region": "eu-central-1", "endpoint": "http://127.0.0.1:1"},
         "table", "AG076", ""),
    ],
    ids=["dead redis", "no redis", "unset", "dead dynamodb"],
)  # fmt: skip
def test_state_that_cannot_be_used(
    run: Callable[..., str],
    embedded: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, str],
    at: str,
    code: str,
    said: str,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    path = embedded(state=state)
    assert_told(run("serve", path), code, path, ("state", at), said)


@pytest.mark.parametrize("key", ["sink", "copy"])
@pytest.mark.parametrize("where", ["none/audit.jsonl", "", "all.cedar/audit.jsonl"])
def test_an_audit_sink_that_cannot_be_written(
    run: Callable[..., str], embedded: Callable[..., Path], tmp_path: Path, key: str, where: str
) -> None:
    given = {"sink": str(tmp_path / "audit.jsonl"), key: str(tmp_path / where)}
    path = embedded(audit=given)
    assert_told(run("serve", path), "AG077", path, ("audit", key), "cannot be written")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("own_hooks_gone:before", "no module 'own_hooks_gone'"),
        ("own_hooks_here:gone", "has no 'gone'"),
        ("own_hooks_here:VALUE", "is not a function"),
        ("own_hooks_broken:before", "cannot be imported (ZeroDivisionError)"),
    ],
)
@pytest.mark.parametrize("section", ["before", "after"])
def test_a_hook_that_is_missing(
    run: Callable[..., str],
    embedded: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    section: str,
    call: str,
    said: str,
) -> None:
    import sys

    (tmp_path / "own_hooks_here.py").write_text("VALUE = 1\n")
    (tmp_path / "own_hooks_broken.py").write_text("1 / 0\n")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_hooks_here", raising=False)
    path = embedded(hooks={section: [call]})
    try:
        assert_told(run("serve", path), "AG080", path, ("hooks", section, 0), said)
    finally:
        sys.modules.pop("own_hooks_here", None)


def test_a_kill_switch_that_is_not_there(run: Callable[..., str], embedded: Callable[..., Path]) -> None:
    path = embedded(switch={"source": "gone.yaml"})
    assert_told(run("serve", path), "AG070", path, ("switch", "source"), "")


@pytest.mark.parametrize(
    ("command", "mode", "said"),
    [("serve", "proxy", "this is a server"), ("proxy", "embedded", "this is the proxy")],
)
def test_settings_for_the_other_command(
    run: Callable[..., str], embedded: Callable[..., Path], command: str, mode: str, said: str
) -> None:
    more = {"upstreams": {"people": {"url": "http://127.0.0.1:1/mcp"}}} if mode == "proxy" else {}
    path = embedded(mode=mode, **more)
    assert_told(run(command, path), "AG070", path, ("mode",), said)


# ------------------------------------------------------------------------------------------------------ as processes


def test_the_processes_end_with_2_and_open_nothing(
    package: Path, embedded: Callable[..., Path], tmp_path: Path
) -> None:
    port = free_port()
    path = embedded(authorize={"policies": ["gone.cedar"]})
    arguments = ("serve", package, "--http", f"127.0.0.1:{port}", "--governance", path)
    code, out, errors = refused(tmp_path, *arguments, **KEYS)
    assert (code, out) == (2, "")
    assert_told(errors, "AG072", path, ("authorize", "policies", 0), "cannot be read")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_proxys_process_ends_with_2(tmp_path: Path, idp: Web) -> None:
    private = ECKey.generate_key("P-256", private=True).as_pem(private=True).decode()
    path = proxying(tmp_path, "http://127.0.0.1:1/mcp", idp.url)
    path.write_text(as_yaml(json.loads(path.read_text()))[0])
    code, out, errors = refused(tmp_path, "proxy", path, T_HANDOVER=private, **KEYS)
    assert (code, out) == (2, "")
    assert_told(errors, "AG075", path, ("upstreams", "people", "url"), "people")
    assert "Traceback" not in errors


def test_on_stdio_nothing_is_answered(package: Path, embedded: Callable[..., Path], tmp_path: Path) -> None:
    path = embedded(hooks={"before": ["gone:before"]})
    code, out, errors = refused(tmp_path, "serve", package, "--governance", path, **KEYS)
    assert (code, out) == (2, "")
    assert "error AG080" in errors
