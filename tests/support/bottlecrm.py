"""BottleCRM: a real CRM (Django) with single-use refresh tokens, 403 for dead sessions and answers full of noise."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from support.services import Service, cache, environment, free_port, launch, plain_environ, python

EMAIL, ORGANISATION = "admin@example.com", "MicroPyramid"

HINTS = """\
adaptgen: 1
server: {base_url: "${env:BOTTLE_BASE_URL}"}
auth:
  session:
    kind: session
    store: file
    start: {refresh: "${env:BOTTLE_REFRESH_TOKEN}"}
    refresh:
      call: POST /api/auth/refresh-token/
      with: {refresh: "{refresh}"}
      save: {access: $.access, refresh: $.refresh}
    send: [{header: Authorization, as: "Bearer {access}"}]
    refused: [401, {status: 403, body: {detail: "*login again*"}}, {status: 403, body: {detail: "*token not valid*"}}]
"""
"""How it logs in."""

# Only how it is deployed differs from the package: SQLite, tables made without the migrations, mail into files.
SETTINGS = """\
import datetime
import os

from crm.settings import *  # noqa: F403
from django.db.backends.signals import connection_created

_folder = os.environ["BOTTLECRM_FOLDER"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _folder + "/crm.db", "OPTIONS": {"timeout": 20}}
}
CELERY_BROKER_URL = "memory://"
CELERY_RESULT_BACKEND = "cache+memory://"
CELERY_TASK_ALWAYS_EAGER = True
MEDIA_ROOT = _folder + "/media"
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": _folder + "/mail"},
    }
}
_access = datetime.timedelta(seconds=int(os.environ["BOTTLECRM_ACCESS_SECONDS"]))
SIMPLE_JWT = {**SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": _access}  # noqa: F405


class _NoMigrations(dict):
    def __contains__(self, key):
        return True

    def __getitem__(self, key):
        return None


MIGRATION_MODULES = _NoMigrations()


def _set_config(sender, connection, **kwargs):
    # The seeding calls PostgreSQL's set_config(); SQLite gets a function of that name that gives its value back.
    connection.connection.create_function("set_config", 3, lambda name, value, local: value)


connection_created.connect(_set_config, weak=False)
"""


SIZES = {"leads": 40, "accounts": 30, "contacts": 500, "opportunities": 20, "cases": 10, "tasks": 10, "invoices": 10}


def _environ(folder: Path, url: str, access_seconds: int) -> dict[str, str]:
    (folder / "up_settings.py").write_text(SETTINGS)
    return plain_environ(
        folder,
        BOTTLECRM_FOLDER=str(folder),
        BOTTLECRM_ACCESS_SECONDS=str(access_seconds),
        PYTHONPATH=str(folder),
        DJANGO_SETTINGS_MODULE="up_settings",
        DEBUG="True",
        ENV_TYPE="dev",
        SECRET_KEY="2" * 48,
        DOMAIN_NAME=url,
        ADMIN_EMAIL=EMAIL,
        ADMIN_PASSWORD="crm-pw",
    )


def _admin(bin_: Path, environ: Mapping[str, str], *args: str) -> str:
    command = [str(bin_ / "django-admin"), *args]
    folder = environ["BOTTLECRM_FOLDER"]
    return subprocess.run(
        command, env=environ, check=True, capture_output=True, text=True, cwd=folder, timeout=300
    ).stdout


def _seed(folder: Path, bin_: Path) -> None:
    """The records and the document in ``folder``: made once, in the cache, since it takes a minute."""
    text = f"{bin_}{SETTINGS}{sorted(SIZES.items())}"
    seeded = cache() / f"bottlecrm-data-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    with (cache() / "bottlecrm-data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not seeded.exists():
            making = Path(tempfile.mkdtemp(dir=cache()))
            environ = _environ(making, "http://127.0.0.1:8000", 3600)
            _admin(bin_, environ, "migrate", "--run-syncdb")
            _admin(bin_, environ, "create_default_admin")
            options = [f"--{key}={value}" for key, value in SIZES.items()]
            _admin(bin_, environ, "seed_data", "--email", EMAIL, "--seed", "42", "--password", "crm-pw", "--no-input",
                   *options)  # fmt: skip
            (making / "openapi.json").write_text(_admin(bin_, environ, "spectacular", "--format", "openapi-json"))
            making.rename(seeded)
    shutil.copytree(seeded, folder, dirs_exist_ok=True)


def start(folder: Path, access_seconds: int = 3600) -> Service:
    """BottleCRM with 500 contacts. ``facts["refresh_token"]`` is a fresh single-use refresh token."""
    bin_ = environment("bottlecrm", python((3, 12)))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    document = folder / "openapi.json"
    if not document.exists():
        _seed(folder, bin_)
    environ = _environ(folder, url, access_seconds)
    command = [str(bin_ / "gunicorn"), "--no-control-socket", "-w", "1", "--threads", "8"]
    service = launch(
        "bottlecrm",
        [*command, "-b", f"127.0.0.1:{port}", "--access-logfile", str(folder / "access.log"), "crm.wsgi:application"],
        url=url,
        ready="/healthz/",
        environ=environ,
        folder=folder,
        seconds=90,
    )
    said = _admin(bin_, environ, "devlogin", EMAIL, "--org", ORGANISATION)
    token = re.search(r"^refresh_token:\s*(\S+)", said, re.MULTILINE)
    if token is None:
        raise AssertionError("devlogin printed no refresh token")
    service.facts = {
        "refresh_token": token[1],
        "document": str(document),
        "access_log": str(folder / "access.log"),
    }
    return service
