"""The images of docs/containers: what they promise, and that their commands serve under the settings of compose.yaml.

Not checked, because it needs a container engine: that the images build, and that the engine starts the two services.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc.jwk import ECKey
from support.command import request
from support.governing import KEYS
from support.handing import issuing
from support.services import free_port
from support.shipping import PROXY, bundle, write
from support.web import post

from adaptgen.ship.bundles.package import image_context

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "containers"
RESOURCE = "http://127.0.0.1/mcp"


@dataclass
class Image:
    """What a stage of a Containerfile ends up with."""

    environ: dict[str, str]
    command: list[str]
    check: list[str]
    user: str
    copied: list[str]
    ran: list[str]


def stages(text: str) -> dict[str, Image]:
    """Name -> what is in it; a stage that starts from another has what that has."""
    found: dict[str, Image] = {}
    given: dict[str, str] = {}
    image = Image({}, [], [], "", [], [])
    for line in re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        rest = re.sub(r"\$\{(\w+)\}", lambda name: given.get(name[1], name[0]), rest)
        match word:
            case "FROM":
                words = rest.split()
                base = found.get(words[0], Image({}, [], [], "", [], []))
                image = Image({**base.environ}, base.command, base.check, base.user, [*base.copied], [*base.ran])
                found[words[-1]] = image
            case "ARG":
                name, _, value = rest.partition("=")
                given[name] = value
            case "ENV":
                image.environ |= {name: json.loads(value) for name, value in re.findall(r'(\w+)=("[^"]*")', rest)}
            case "CMD":
                image.command = json.loads(rest)
            case "HEALTHCHECK":
                image.check = json.loads(rest.partition(" CMD ")[2])
            case "USER":
                image.user = rest
            case "COPY":
                image.copied.append(rest)
            case "RUN":
                image.ran.append(rest)
    return found


IMAGES = stages((FOLDER / "Containerfile").read_text("utf-8"))
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]


def lint(*command: str | Path) -> None:
    path = Path(sysconfig.get_path("scripts")) / command[0]
    done = subprocess.run([path, *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_finds_nothing() -> None:
    lint("hadolint", FOLDER / "Containerfile")


def test_compose_keeps_to_its_published_schema() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml")


@pytest.mark.parametrize("target", ["proxy", "server"])
def test_images_start_as_the_bundles_for_agentcore_do(target: str, tmp_path: Path) -> None:
    made = bundle(write(tmp_path, PROXY), kind="agentcore", arch="arm64")
    (packaged,) = stages(image_context(made)["Dockerfile"].decode()).values()
    image = IMAGES[target]
    assert (image.command, image.check, image.user) == (packaged.command, packaged.check, packaged.user)


@pytest.mark.parametrize("target", ["proxy", "server"])
def test_the_last_stage_takes_an_environment_without_tools_and_loses_pip(target: str) -> None:
    image = IMAGES[target]
    assert image.copied[0] == "--from=build /opt/adaptgen /opt/adaptgen"
    assert image.ran == ["python -m pip uninstall --yes pip"]
    assert "python -m venv --without-pip /opt/adaptgen" in IMAGES["build"].ran


@pytest.mark.parametrize("service", ["proxy", "crm"])
def test_services_may_write_nothing_and_have_no_capabilities(service: str) -> None:
    one = SERVICES[service]
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert [volume["read_only"] for volume in one["volumes"]] == [True]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """Service -> its /config, as mounted."""
    for name in ("proxy", "crm"):
        shutil.copytree(FOLDER / name, tmp_path / name)
    return {name: tmp_path / name for name in ("proxy", "crm")}


def environment(service: str, config: Path, given: Mapping[str, str]) -> dict[str, str]:
    """That of the image and of the service, with paths and references as the engine would have replaced them."""
    environ = {**IMAGES["server" if service == "crm" else service].environ, **SERVICES[service]["environment"]}
    environ |= {name: re.sub(r"\$\{(\w+):\?[^}]*\}", lambda one: given[one[1]], text) for name, text in environ.items()}
    changed = {"ADAPTGEN_GOVERNANCE": environ["ADAPTGEN_GOVERNANCE"].replace("/config", str(config))}
    if "ADAPTGEN_SERVER" in environ:
        changed["ADAPTGEN_SERVER"] = environ["ADAPTGEN_SERVER"].replace("/app", str(ROOT))
    return environ | changed | {"PATH": "", "PYTHONPATH": str(ROOT)}


@contextmanager
def running(environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """The command of the images, from the moment that it serves."""
    command = [sys.executable, *IMAGES["proxy"].command[1:]]
    with subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "serving on" in line:
                    break
            assert "serving on" in "".join(lines), "".join(lines)
            yield
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_the_proxy_serves_the_server_behind_it_to_callers_that_its_policy_knows(
    places: dict[str, Path], tmp_path: Path
) -> None:
    front, behind = free_port(), free_port()
    with issuing() as issuer:
        public = {**issuer.key.as_dict(private=False), "kid": "k1", "use": "sig"}
        issuer.web.answer = lambda _: {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/jwks", "keys": [public]}
        given = {
            "PROXY_ISSUER": issuer.url,
            "PROXY_RESOURCE": RESOURCE,
            "PROXY_AUDIT_KEY": KEYS["T_AUDIT"],
            "PROXY_TOKEN_KEY": KEYS["T_TOKENS"],
            "PROXY_HANDOVER_KEY": ECKey.generate_key("P-256", private=True).as_pem(private=True).decode(),
            "CRM_BASE_URL": "http://127.0.0.1:9",
            "CRM_USERNAME": "u",
            "CRM_PASSWORD": "p",
            "CRM_CURSOR_KEY": KEYS["T_CURSORS"],
        }
        proxy = environment("proxy", places["proxy"], given)
        proxy |= {"ADAPTGEN_LISTEN": f"127.0.0.1:{front}", "CRM_URL": f"http://127.0.0.1:{behind}/mcp"}
        crm = environment("crm", places["crm"], given) | {"ADAPTGEN_LISTEN": f"127.0.0.1:{behind}"}
        # As docs/deploy.md makes it.
        settings = str(places["proxy"] / "governance.yaml")
        command = [sys.executable, "-m", "adaptgen", "proxy", settings, "--jwks"]
        keys = subprocess.run(command, env=os.environ | proxy, capture_output=True, text=True, check=True)
        (places["crm"] / "jwks.json").write_text(keys.stdout)
        with running(crm, tmp_path), running(proxy, tmp_path):
            check = [sys.executable, *IMAGES["proxy"].check[1:]]
            assert subprocess.run(check, env=proxy, check=False, timeout=60).returncode == 0
            url = f"http://127.0.0.1:{front}/mcp"
            assert post(url, *request("tools/list", {})).status == 401
            said = post(url, *request("tools/list", {}, issuer.token(groups=["support"])))
            names = {tool["name"] for tool in json.loads(said.data())["result"]["tools"]}
            assert "crm__list_customers" in names
            assert "crm__delete_customer" not in names
            said = post(url, *request("tools/list", {}, issuer.token()))
            assert json.loads(said.data())["result"]["tools"] == []
