"""Four more real services of the package index: ZenML, JupyterHub, pygeoapi and Phoenix, each with its own document."""

from __future__ import annotations

import csv
import fcntl
import json
import re
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from support.services import PINS, Service, Unavailable, cache, environment, free_port, launch, plain_environ, python

ZENML_USER, ZENML_PASSWORD = "admin", "zen-pw-0815"
HUB_TOKEN = "hub-token-of-a-learner"
PHOENIX_TOKEN = "AdminSecret" * 3 + "1234"

HUB_CONFIG = """\
from jupyterhub.proxy import Proxy


class NoProxy(Proxy):
    should_start = False

    async def add_route(self, routespec, target, data):
        pass

    async def delete_route(self, routespec):
        pass

    async def get_all_routes(self):
        return {{}}


c = get_config()
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.bind_url = "http://127.0.0.1:{other}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.services = [{{"name": "learner", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{
    "name": "learner",
    "scopes": ["admin:users", "admin:groups", "list:users", "list:groups", "read:services", "list:services"],
    "services": ["learner"],
}}]
"""

GEO_COLLECTION = {
    "type": "collection",
    "title": "Observations",
    "description": "Observations of stations",
    "keywords": ["observations"],
    "links": [
        {"type": "text/csv", "rel": "canonical", "title": "data", "href": "https://example.org/observations.csv"}
    ],
    "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
}
GEO_RECORDS = 260


def start_zenml(folder: Path) -> Service:
    """ZenML with 230 tags, 60 service accounts and 45 pipelines; a login by form, pages of ``page`` and ``size``."""
    bin_ = environment("zenml", python((3, 11)))
    port = free_port()
    environ = plain_environ(
        folder,
        ZENML_CONFIG_PATH=str(folder / "config"),
        ZENML_STORE_URL=f"sqlite:///{folder}/zenml.db",
        ZENML_SERVER_AUTO_ACTIVATE="1",
        ZENML_ANALYTICS_OPT_IN="false",
        ZENML_DEFAULT_USER_NAME=ZENML_USER,
        ZENML_DEFAULT_USER_PASSWORD=ZENML_PASSWORD,
    )
    app = "zenml.zen_server.zen_server_api:app"
    service = launch(
        "zenml",
        [str(bin_ / "python"), "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)],
        url=f"http://127.0.0.1:{port}",
        ready="/health",
        environ=environ,
        folder=folder,
        seconds=120,
    )
    service.facts = {"document": "/openapi.json"}
    headers = zenml_headers(service)
    for number in range(230):
        service.json("POST", "/api/v1/tags", {"name": f"tag-{number:03d}", "color": "blue"}, headers)
    for number in range(60):
        account = {"name": f"robot-{number:03d}", "full_name": f"Robot {number}", "active": True}
        service.json("POST", "/api/v1/service_accounts", account, headers)
    project = service.json("GET", "/api/v1/projects", headers=headers)["items"][0]["id"]
    for number in range(45):
        service.json("POST", "/api/v1/pipelines", {"name": f"pipeline-{number:03d}", "project": project}, headers)
    return service


def zenml_headers(service: Service) -> dict[str, str]:
    """Headers of a logged-in request, made by hand."""
    form = urllib.parse.urlencode({"username": ZENML_USER, "password": ZENML_PASSWORD}).encode()
    with urllib.request.urlopen(f"{service.url}/api/v1/login", form, timeout=30) as answer:
        return {"Authorization": f"Bearer {json.load(answer)['access_token']}"}


def start_jupyterhub(folder: Path) -> Service:
    """JupyterHub with 230 users and 12 groups; a token, bare lists with ``limit`` (at most 200) and ``offset``."""
    bin_ = environment("jupyterhub", python((3, 11)))
    port = free_port()
    config = folder / "hub.py"
    config.write_text(HUB_CONFIG.format(port=port, other=free_port(), folder=folder, token=HUB_TOKEN))
    service = launch(
        "jupyterhub",
        [str(bin_ / "jupyterhub"), "-f", str(config)],
        url=f"http://127.0.0.1:{port}/hub/api",
        ready="/",
        environ=plain_environ(folder, PATH=f"{bin_}:{plain_environ(folder)['PATH']}"),
        folder=folder,
        seconds=90,
    )
    service.facts = {"document": str(hub_document())}
    headers = {"Authorization": f"token {HUB_TOKEN}"}
    names = [f"student{number:03d}" for number in range(230)]
    service.json("POST", "/users", {"usernames": names}, headers)
    for number in range(12):
        service.json("POST", f"/groups/course{number:02d}", None, headers)
    return service


def hub_document() -> Path:
    """The document of JupyterHub, which only its source archive holds."""
    pinned = re.search(r"^jupyterhub==(\S+)$", (PINS / "jupyterhub.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    file = cache() / f"jupyterhub-{pinned[1]}.yaml"
    with (cache() / "jupyterhub.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
            folder = cache() / "jupyterhub-source"
            done = subprocess.run(
                [*command, "--dest", str(folder), f"jupyterhub=={pinned[1]}"], capture_output=True, check=False
            )
            if done.returncode:
                raise Unavailable(f"its source cannot be fetched: {done.stderr.decode()[-300:]}")
            with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
                name = next(one for one in archive.getnames() if one.endswith("_static/rest-api.yml"))
                held = archive.extractfile(name)
                assert held is not None
                file.write_bytes(held.read())
    return file


def start_pygeoapi(folder: Path) -> Service:
    """pygeoapi with 260 observations; open, ``limit`` (at most 50, cut without a word), ``offset`` and links."""
    bin_ = environment("pygeoapi", python((3, 11)))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "observations.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "station", "datetime", "value", "long", "lat"])
        for number in range(1, GEO_RECORDS + 1):
            writer.writerow([number, number % 7, "2025-10-30T14:24:55Z", number * 1.5, number / 10, number / 20])
    config, document = folder / "config.yml", folder / "openapi.json"
    config.write_text(yaml.safe_dump(_geo_config(folder, port, url)))
    environ = plain_environ(folder, PYGEOAPI_CONFIG=str(config), PYGEOAPI_OPENAPI=str(document))
    command = [str(bin_ / "pygeoapi"), "openapi", "generate", str(config), "--format", "json"]
    subprocess.run(
        [*command, "--output-file", str(document)],
        env=environ,
        check=True,
        capture_output=True,
        cwd=folder,
        timeout=120,
    )
    service = launch(
        "pygeoapi",
        [str(bin_ / "gunicorn"), "--no-control-socket", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{port}",
         "pygeoapi.flask_app:APP"],
        url=url,
        ready="/conformance?f=json",
        environ=environ,
        folder=folder,
        seconds=90,
    )  # fmt: skip
    service.facts = {"document": str(document)}
    return service


def _geo_config(folder: Path, port: int, url: str) -> dict[str, Any]:
    provider = {
        "type": "feature",
        "name": "CSV",
        "data": str(folder / "observations.csv"),
        "id_field": "id",
        "geometry": {"x_field": "long", "y_field": "lat"},
    }
    person = dict.fromkeys(("name", "position", "phone", "fax", "hours", "instructions"), "none")
    place = dict.fromkeys(("address", "city", "stateorprovince", "postalcode", "country"), "none")
    role = {"email": "nobody@example.org", "url": "https://example.org", "role": "pointOfContact"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 50, "on_exceed": "throttle"},
            "map": {"url": "https://tile.example.org/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "Observations",
                "description": "Observations of stations",
                "keywords": ["stations"],
                "keywords_type": "theme",
                "terms_of_service": "https://example.org/terms",
                "url": "https://example.org",
            },
            "license": {"name": "CC-BY 4.0", "url": "https://example.org/license"},
            "provider": {"name": "Nobody", "url": "https://example.org"},
            "contact": {**person, **place, **role},
        },
        "resources": {"observations": {**GEO_COLLECTION, "providers": [provider]}},
    }


def start_phoenix(folder: Path) -> Service:
    """Phoenix with 130 projects, 120 labels and 60 datasets; a token that is declared as a key, and cursors."""
    bin_ = environment("phoenix", python((3, 11)))
    port = free_port()
    environ = plain_environ(
        folder,
        PHOENIX_WORKING_DIR=str(folder),
        PHOENIX_HOST="127.0.0.1",
        PHOENIX_PORT=str(port),
        PHOENIX_GRPC_PORT=str(free_port()),
        PHOENIX_TELEMETRY_ENABLED="false",
        PHOENIX_ENABLE_AUTH="true",
        PHOENIX_SECRET="0" * 16 + "abcdefghijklmnop",
        PHOENIX_ADMIN_SECRET=PHOENIX_TOKEN,
    )
    service = launch(
        "phoenix",
        [str(bin_ / "phoenix"), "serve"],
        url=f"http://127.0.0.1:{port}",
        ready="/healthz",
        environ=environ,
        folder=folder,
        seconds=120,
    )
    service.facts = {"document": "/openapi.json"}
    headers = {"Authorization": f"Bearer {PHOENIX_TOKEN}"}
    for number in range(130):
        service.json("POST", "/v1/projects", {"name": f"project-{number:03d}", "description": "A test"}, headers)
    for number in range(120):
        service.json("POST", "/v1/dataset_labels", {"name": f"label-{number:03d}", "color": "#00cc88"}, headers)
    for number in range(60):
        rows = {"inputs": [{"question": "why"}], "outputs": [{"answer": "so"}], "action": "create"}
        service.json("POST", "/v1/datasets/upload?sync=true", {"name": f"set-{number:03d}", **rows}, headers)
    return service
