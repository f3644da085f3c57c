"""Attacks on recordings: secrets in fields whose names say nothing must not reach a cassette that a team commits."""

from __future__ import annotations

import base64
import json
import random
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from record.conftest import Api, api, place

from adaptgen.cli import main
from adaptgen.pii.secret_formats import find_random, find_secrets
from adaptgen.readiness.fake_values import Fakes
from adaptgen.readiness.replay import cases, replay

__all__ = ["api", "place"]

_CHANCE = random.Random(20261122)


def made(size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(_CHANCE.choice(alphabet) for _ in range(size))


HEX = "0123456789abcdef"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{made(64)}\n{made(64)}\n{made(20)}==\n-----END RSA PRIVATE KEY-----"
OPENSSH = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{made(70)}\n-----END OPENSSH PRIVATE KEY-----\n"
_CLAIMS = base64.urlsafe_b64encode(b'{"sub":"u1","jti":"9"}').decode().rstrip("=")
JWT = f"eyJhbGciOiJSUzI1NiJ9.{_CLAIMS}.{made(86)}"
PASSWORD = "Pferde-" + made(7)
SECRETS: dict[str, tuple[str, str]] = {
    # what the field holds, and the part of it that must not be written
    "aws": ("AKIA" + made(16, string.ascii_uppercase + string.digits),) * 2,
    "aws secret": (made(13) + "/" + made(13) + "+" + made(12),) * 2,
    "github": (f"deployed with ghp_{(one := made(36))} by ci", one),
    "github fine-grained": (f"github_pat_{(one := made(22) + '_' + made(59))}", one),
    "gitlab": (f"glpat-{(one := made(20))}", one),
    "slack": (f"xoxb-{(one := made(12, string.digits) + '-' + made(24))}", one),
    "slack webhook": (f"https://hooks.slack.com/services/T0AB/B0CD/{(one := made(24))}", one),
    "stripe": (f"sk_live_{(one := made(24))}", one),
    "google": ("AIza" + (one := made(35)), one),
    "sendgrid": (f"SG.{(one := made(22) + '.' + made(43))}", one),
    "jwt": (JWT, JWT.split(".")[2]),
    "jwt in a sentence": (f"use '{JWT}' until Monday", JWT.split(".")[2]),
    "pem": (PEM, PEM.split("\n")[1]),
    "pem on one line": (PEM.replace("\n", "\\n"), PEM.split("\n")[2]),
    "openssh": (f"key:\n{OPENSSH}", OPENSSH.split("\n")[1]),
    "dsn": (f"postgres://app:{PASSWORD}1@db.example.com/app", f"{PASSWORD}1"),
    "connection string": (f"Server=tcp:x.example.com;User ID=app;Password={PASSWORD}2;Encrypt=yes", f"{PASSWORD}2"),
    "account key": (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={(one := made(86))}==", one),
    "sas": (f"https://a.blob.core.windows.net/c/f?sv=2024-11-04&sig={(one := made(43))}%3D", one),
    "presigned": (f"https://b.s3.amazonaws.com/k?X-Amz-Signature={(one := made(64, HEX))}&X-Amz-Date=1", one),
    "link with a token": (f"https://app.example.com/join?invite=1&token={(one := made(10))}", one),
    "header": (f"curl -H 'Authorization: Bearer {(one := made(18))}' https://x.example.com", one),
    "basic": (f"Authorization: Basic {(one := base64.b64encode(f'app:{PASSWORD}3'.encode()).decode())}", one),
    "cookie": (f"Set-Cookie: JSESSIONID={(one := made(16))}; Path=/", one),
    "nested": (json.dumps({"db": {"password": f"{PASSWORD}4"}}), f"{PASSWORD}4"),
    "nested twice": (json.dumps({"x": json.dumps({"password": f"{PASSWORD}5"})}), f"{PASSWORD}5"),
    "base64": (base64.b64encode(f'{{"password": "{PASSWORD}6"}}'.encode()).decode(), f"{PASSWORD}6"),
    "yaml": (f"db:\n  user: app\n  passwd: {PASSWORD}7\n", f"{PASSWORD}7"),
    "env": (f"export API_KEY={(one := made(12))}\nDEBUG=1", one),
    "sentence": (f"The password is {PASSWORD}8, do not pass it on", f"{PASSWORD}8"),
    "hex": ((one := made(40, HEX)), one),
    "random": ((one := made(32)), one),
    "host": ("replica-3.db.prod.internal:5432", "replica-3.db.prod.internal"),
    "cluster host": ("http://billing.payments.svc.cluster.local/health", "billing.payments.svc"),
    "short host": ("http://jenkins:8080/job/deploy", "jenkins"),
    "private address": ("ssh admin@10.42.7.19", "10.42.7.19"),
    "address in a link": ("http://192.168.4.20:8080/", "192.168.4.20"),
    "metadata address": ("curl http://169.254.169.254/latest", "169.254.169.254"),
    "element": (f"<config><db.password>{PASSWORD}a</db.password></config>", f"{PASSWORD}a"),
    "attribute": (f'<add key="dbPassword" value="{PASSWORD}b"/>', f"{PASSWORD}b"),
    "with entities": (f"&lt;add key=&quot;api_key&quot; value=&quot;{PASSWORD}c&quot;/&gt;", f"{PASSWORD}c"),
    "pair": (json.dumps({"name": "db_password", "value": f"{PASSWORD}d"}), f"{PASSWORD}d"),
    "escaped name": (f'{{"\\u0070assword": "{PASSWORD}e"}}', f"{PASSWORD}e"),
    "percent-encoded": (f"next=%2Fa%3Fpassword%3D{PASSWORD}f", f"{PASSWORD}f"),
    "netrc": (f"machine x.example.com login ada password {PASSWORD}g", f"{PASSWORD}g"),
    "curl": (f"curl -u ada:{PASSWORD}h https://x.example.com", f"{PASSWORD}h"),
    "oracle": (f"jdbc:oracle:thin:scott/{PASSWORD}i@//db.example.com:1521/x", f"{PASSWORD}i"),
    "session cookie": (f"sessionid={(one := made(12))}; lang=de", one),
    "other language": (f"Passwort: {PASSWORD}j", f"{PASSWORD}j"),
    "pin": ("PIN: 483920", "483920"),
}
NEUTRAL = ("remark", "value", "data", "field7", "info", "extra")


def written(place: Path) -> str:
    return "".join(path.read_text() for path in sorted((place / "specs/people/cassettes").glob("*")))


@pytest.fixture
def recorded(place: Path, api: Api, capsys: pytest.CaptureFixture[str]) -> Callable[[dict[str, Any]], str]:
    """What is written to the cassettes where every person has these members too; "" where nothing is."""

    def record(more: dict[str, Any]) -> str:
        api.change = lambda person: {**person, **more}
        code = main(["record", "generated/people"])
        said = capsys.readouterr()
        text = written(place)
        if code:
            assert code == 2
            assert "AG068" in said.err
            assert text == ""
        return text + said.out + said.err

    return record


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_a_neutral_field_is_scrubbed_or_refused(name: str, recorded: Callable[..., str]) -> None:
    text, secret = SECRETS[name]
    found = recorded({_CHANCE.choice(NEUTRAL): text})
    forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]}
    assert not [form for form in forms if form in found]


@pytest.mark.parametrize("holder", ["list", "key", "deep", "twice"])
def test_secrets_are_found_wherever_they_are(holder: str, recorded: Callable[..., str]) -> None:
    values = {name: value for name, value in SECRETS.items() if "host" not in name and "address" not in name}
    for name, (text, secret) in list(values.items())[::7]:
        more: dict[str, Any] = {
            "list": {"tags": ["plain", text]},
            "key": {"map": {text: 1}},
            "deep": {"a": {"b": [{"c": [[text]]}]}},
            "twice": {"a": text, "b": f"again: {secret}"},
        }[holder]
        assert secret not in recorded(more), name


@pytest.mark.parametrize("names", [("key", "value"), ("name", "value"), ("field", "value")])
def test_a_pair_of_a_name_and_a_value_is_read_as_such(names: tuple[str, str], recorded: Callable[..., str]) -> None:
    name, value = names
    found = recorded(
        {"settings": [{name: "smtp_password", value: f"{PASSWORD}k"}, {name: "colour", value: "greenish"}]}
    )
    assert f"{PASSWORD}k" not in found
    assert "greenish" in found


def test_a_secret_in_text_and_xml_that_is_no_json_is_scrubbed() -> None:
    for text, secret in SECRETS.values():
        for document in (f"<a><b>{text}</b></a>", f"line 1\n{text}\n"):
            assert secret not in Fakes().text(document), document


ORDINARY = (
    "The password is required and must have eight characters",
    "Token: optional",
    "see https://example.com/help?topic=tokens",
    "customerNumberOfTheInvoice2024",
    "2026-11-22T10:00:00.000Z",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "/api/v2/customers/1234/invoices/5678/lines",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "Basic information about the customer",
    "INV-2024-000123",
    "Kinderbetreuungskostenzuschuss 2024",
    "com.example.service.Implementation2",
    "my-internal-note",
    "SK-4711 is in stock, key account manager: open",
    "Bearer shares and registered shares",
    "The secret of good coffee: fresh beans",
    "urn:oid:2.16.840.1.113883.2.4.6.3",
    "C:\\Users\\Public\\file.txt",
    "version 10.2.1 of the driver, 100.64 percent",
    "<tokenCount/> and <name>Ada</name>",
    "name: Ada, value: 5",
    "The user login failed, password reset sent",
    "grep -u and --user are options",
)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert find_secrets(text) == []
    assert list(find_random(text)) == []


def test_a_recording_of_ordinary_values_keeps_them(recorded: Callable[..., str]) -> None:
    found = recorded({f"field{n}": text for n, text in enumerate(ORDINARY)})
    assert [
        text for text in ORDINARY if json.dumps(text, ensure_ascii=False)[1:-1] not in " ".join(found.split())
    ] == []


def test_identifiers_that_look_random_still_replay(
    place: Path, recorded: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks random may be an identifier: it has the same stand-in everywhere, and contract tests still pass."""
    recorded({"etag": made(40, HEX), "ref": made(27)})
    for name in ("PEOPLE_BASE_URL", "PEOPLE_USER", "PEOPLE_PASSWORD"):
        monkeypatch.delenv(name)
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    for case in cases(place / "generated" / "people", place / "specs" / "people" / "cassettes"):
        replay(case)


@pytest.mark.parametrize("unit", ["-----BEGIN PRIVATE KEY-----", "a:", "eyJ", "/", "password=", "a.b", "https://"])
def test_the_search_takes_linear_time(unit: str) -> None:
    """Two sizes in one run, the best of three tries each: a busy machine slows down both."""

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        began = time.process_time()
        find_secrets(text)
        list(find_random(text))
        return time.process_time() - began

    small, large = (min(seconds(size) for _ in range(3)) for size in (10_000, 80_000))
    assert large < 40 * small + 0.5
