"""Build a bundle: everything that a server or the proxy needs to run, and nothing else, the same bytes every time."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from adaptgen import __version__
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.govern.authorization.lowered import SUFFIX
from adaptgen.govern.pipeline.assemble import lower_policies
from adaptgen.ship.bundles import compiling, wheels
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.bundles.target import Target

MANIFEST = "BUNDLE.json"
LIMIT = 250 * 1024 * 1024
"""Bytes that Lambda unpacks."""
_BASE = (
    "cryptography",
    "h11",
    "httpx",
    "iregexp-check",
    "joserfc",
    "jsonpath-ng",
    "jsonpath-rfc9535",
    "jsonschema-rs",
    "orjson",
    "phonenumbers",
    "pystemmer",
    "python-stdnum",
    "regex",
)
"""What every deployed server imports; the other dependencies of the package are for building and for serving on a
laptop."""
_CEDAR = "cedarpy"
_PATHS = ("web/__init__.py", "web/routes.py")
"""What every server imports of the web: which paths there are."""
_LOGIN = ("authlib", "jinja2")
"""What the authorization server and the pages of ``login`` import, at the first request to them."""
_MODULE = "lambda_handler"
_PROXY = b"from adaptgen.transports.aws_lambda import proxy\n\nhandler = proxy()\n"


@dataclass(frozen=True, slots=True)
class Bundle:
    """``files``: path -> content, ``BUNDLE.json`` among them. ``handler``: what Lambda calls."""

    shipment: Deployable
    target: Target
    handler: str
    files: Mapping[str, bytes] = field(repr=False)

    def zip(self) -> bytes:
        """The bundle as one deterministic zip."""
        return zip_files(self.files)


def roots(shipment: Deployable, target: Target) -> tuple[str, ...]:
    """The distributions that a bundle is made of, without what they need in turn."""
    settings = shipment.settings
    found = list(_BASE)
    if settings.mode != "behind" and (settings.authorize is None or settings.authorize.engine == "cedar"):
        found.append(_CEDAR)
    if settings.trace.otlp and not settings.trace.console:
        found += ["opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk"]
    if "redis" in shipment.stores:
        found.append("redis")
    if settings.login is not None:
        found += _LOGIN
    if target.kind == "agentcore":
        found += ["httptools", "uvicorn"]
    return tuple(sorted(found))


def package(
    shipment: Deployable, target: Target, cache: Path, *, compile: bool = True, interpreter: str = ""
) -> Bundle:
    """The bundle of ``shipment`` for ``target``. ``cache``: where wheels are kept, and looked for first.

    ``interpreter``: path of the one that compiles; default: found on this machine.

    Raises:
        AdaptgenError: AG090 to AG092, as their parts say.
    """
    if target.kind == "agentcore" and (refused := _impossible_there(shipment)):
        raise AdaptgenError(*refused)
    python = compiling.find_interpreter(target, interpreter) if compile else None
    found = wheels.gather(roots(shipment, target), target, cache)
    files = {**unpack_wheels(found), **serving_files(pages=shipment.settings.login is not None)}
    clash = sorted(files.keys() & shipment.files.keys())
    if clash:
        raise error("AG090", f"{clash[0]} is a file of the bundle already", help="rename the folder of the server")
    files |= shipment.files
    handler = ".".join((*filter(None, shipment.folder.split("/")), _MODULE, "handler"))
    if shipment.server is None:
        files[f"{_MODULE}.py"] = _PROXY
    elif f"{shipment.folder}/{_MODULE}.py" not in files:
        where = Where(shipment.folder)
        raise error("AG090", f"{shipment.name} has no {_MODULE}.py", where, "generate it again: adaptgen build")
    files |= _lowered_policies(shipment, found)
    if python is not None:
        files |= compiling.compile_modules(files, python[0])
    unpacked = sum(map(len, files.values()))
    if target.kind == "lambda" and unpacked > LIMIT:
        raise error("AG090", f"the bundle unpacks to {unpacked:,} bytes, and Lambda takes {LIMIT:,}")
    bundle = Bundle(shipment, target, handler, files)
    files[MANIFEST] = _manifest(bundle, found, python[1] if python else None)
    return bundle


def _lowered_policies(shipment: Deployable, found: Iterable[wheels.Wheel]) -> dict[str, bytes]:
    """The policies, checked here for the tools, so that no start of the function checks them again. Nothing for a
    proxy, whose tools are known when it runs, nor where the engine here is another one than that of the bundle."""
    from importlib.metadata import version

    if shipment.server is None or version(_CEDAR) not in {one.version for one in found if one.name == _CEDAR}:
        return {}
    content = asyncio.run(lower_policies(shipment.server, shipment.settings))
    return {str(PurePosixPath(shipment.governance).with_suffix(SUFFIX)): content} if content else {}


def _manifest(bundle: Bundle, found: list[wheels.Wheel], compiled: str | None) -> bytes:
    shipment, target, files = bundle.shipment, bundle.target, bundle.files
    said = {
        "format": 1,
        "name": shipment.name,
        "kind": "server" if shipment.server is not None else "proxy",
        "target": target.kind,
        "arch": target.arch,
        "python": target.python,
        "compiled_by": compiled,
        "adaptgen": __version__,
        "handler": bundle.handler if target.kind == "lambda" else None,
        "governance": {"path": shipment.governance, "mode": shipment.settings.mode, "sha256": shipment.settings.hash},
        "environment": list(shipment.variables),
        "wheels": {one.name: {"version": one.version, "sha256": one.sha256} for one in found},
        "files": {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)},
    }
    return (json.dumps(said, indent=1, ensure_ascii=True) + "\n").encode()


_TIME = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can name."""


def _impossible_there(shipment: Deployable) -> list[Diagnostic]:
    """Settings that cannot work on AgentCore Runtime, which does not say who has signed a request (AG090), and lets
    nothing through but POST /mcp (AG143)."""
    settings = shipment.settings
    found = []
    if settings.authenticate is not None and settings.authenticate.iam:
        message = "AgentCore Runtime does not say which IAM identity calls"
        help = "authenticate: {issuer: …, audience: …}: callers come with tokens"
        found.append(Diagnostic("AG090", message, settings.where("authenticate", "iam"), help))
    if settings.accept is not None and settings.accept.principal:
        message = "AgentCore Runtime does not say which IAM identity calls, so nothing could be accepted"
        help = "leave principal out: the handover is signed by the proxy"
        found.append(Diagnostic("AG090", message, settings.where("accept", "principal"), help))
    if settings.login is not None:
        message = "login needs pages, and AgentCore Runtime lets nothing through but POST /mcp"
        help = (
            "leave login out: the platform checks tokens of your identity provider (DiscoveryUrl of the stack); or "
            "deploy to Lambda or as a container"
        )
        found.append(Diagnostic("AG143", message, settings.where("login"), help))
    return found


def mode_of(path: str) -> int:
    """The mode of a file of a bundle or an image, whatever the umask: everyone may read, libraries may be executed."""
    return 0o755 if path.endswith(".so") or ".so." in path else 0o644


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files``, sorted by path, with fixed times and modes: everyone may read, libraries may be executed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | mode_of(path)) << 16
            archive.writestr(entry, files[path])
    return made.getvalue()


# -------------------------------------------------------------------------------------------------- what is in a bundle

_PACKAGE = Path(__file__).parents[2]
_NOT_SERVING = frozenset(
    {
        "building",
        "cli",
        "clients",
        "compare",
        "demo",
        "evals",
        "learning",
        "output",
        "plan",
        "readiness",
        "render",
        "ship",
        "source",
        "templates",
        "__pycache__",
    }
)
"""The packages of the build column and of the command line. What both columns share is not among them."""
_LAPTOP = frozenset({"transports/fastmcp.py", "transports/serve.py"})
"""The transport of stdio, which brings FastMCP."""
_UNUSED = frozenset((
    ("authlib", "integrations"), ("authlib", "oauth1"),
    ("phonenumbers", "carrierdata"), ("phonenumbers", "geodata"), ("phonenumbers", "tzdata"),
    ("stdnum", "imsi.dat"), ("stdnum", "oui.dat"),
))  # fmt: skip
"""What no server reads, 8 MB of a bundle: places, carriers, time zones, makers of devices, adapters of frameworks."""
_TESTS = frozenset({"tests", "test", "__pycache__"})
_SOURCES = (".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".rs", ".pyc")
_METADATA = frozenset({"METADATA", "entry_points.txt"})
"""What is read when a process runs: versions and entry points (OpenTelemetry finds its parts by them)."""


def serving_files(*, pages: bool = False) -> dict[str, bytes]:
    """The modules of adaptgen that serve: path in the bundle -> content. ``pages``: with what
    people see with a browser; without a login nothing of it but its paths is ever imported."""
    found: dict[str, bytes] = {}
    for path in sorted(_PACKAGE.glob("*.py")):
        found[f"adaptgen/{path.name}"] = path.read_bytes()
    # ``python -m adaptgen`` is the command line, which is not there.
    found.pop("adaptgen/__main__.py", None)
    for path in sorted(_PACKAGE.glob("*/**/*.py")):
        name = path.relative_to(_PACKAGE).as_posix()
        serves = pages or not name.startswith("web/") or name in _PATHS
        if serves and name.partition("/")[0] not in _NOT_SERVING and name not in _LAPTOP and name != "model/plan.py":
            found[f"adaptgen/{name}"] = path.read_bytes()
    for path in sorted(_PACKAGE.glob("web/**/templates/*")) if pages else ():
        found[f"adaptgen/{path.relative_to(_PACKAGE).as_posix()}"] = path.read_bytes()
    return found


def unpack_wheels(chosen: Iterable[wheels.Wheel]) -> dict[str, bytes]:
    """The files of wheels as an interpreter finds them: path in the bundle -> content."""
    found: dict[str, bytes] = {}
    for wheel in chosen:
        with zipfile.ZipFile(wheel.path) as archive:
            for entry in sorted(archive.namelist()):
                path = None if entry.endswith("/") else _kept(PurePosixPath(entry))
                if path is not None:
                    found[path] = archive.read(entry)
    return found


def _kept(path: PurePosixPath) -> str | None:
    parts = path.parts
    if ".." in parts or path.is_absolute():
        return None
    top = parts[0]
    if top.endswith(".data"):  # PEP 427: purelib and platlib are installed beside the rest, scripts are not
        if len(parts) < 3 or parts[1] not in ("purelib", "platlib"):
            return None
        return _kept(PurePosixPath(*parts[2:]))
    if top.endswith(".dist-info"):
        licence = parts[1] == "licenses" or parts[1].upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
        return str(path) if licence or parts[1] in _METADATA else None
    if _TESTS & set(parts[:-1]) or parts[:2] in _UNUSED or path.suffix in _SOURCES or path.name == "py.typed":
        return None
    return str(path)


# ------------------------------------------------------------------------------------------------ the container image

SITE = "site"
ENTRY = "main.py"
"""The file of the zip that AgentCore Runtime runs."""
"""The folder of the context that becomes the image's /app."""
USER = 10001
_COMMAND = ["python", "-m", "adaptgen.transports.container"]


def code_zip(bundle: Bundle) -> bytes:
    """The zip that AgentCore Runtime runs without an image (``codeConfiguration``)."""
    return zip_files({**bundle.files, ENTRY: _entry(bundle).encode()})


def _entry(bundle: Bundle) -> str:
    """What the platform starts, wherever it has unpacked the zip."""
    known = {name: value for name, value in _environment(bundle).items() if name != "PYTHONUNBUFFERED"}
    return f"""\
# {bundle.shipment.name} on AgentCore Runtime: POST /mcp on port 8000. Made by adaptgen package.
import os
import sys

os.chdir(os.path.dirname(os.path.abspath(__file__)))
for name, value in {json.dumps(known)}.items():
    os.environ.setdefault(name, value)

from adaptgen.transports.container import main

sys.exit(main(sys.argv[1:]))
"""


def image_context(bundle: Bundle) -> dict[str, bytes]:
    """The context of a container image for AgentCore Runtime: path -> content."""
    files = {f"{SITE}/{path}": content for path, content in bundle.files.items()}
    return {"Dockerfile": _dockerfile(bundle).encode(), ".dockerignore": b"*\n!site\n", **files}


def _environment(bundle: Bundle) -> dict[str, str]:
    """What the process must know, unless somebody says something else."""
    return {
        "ADAPTGEN_GOVERNANCE": bundle.shipment.governance,
        "ADAPTGEN_LISTEN": "0.0.0.0:8000",
        **({"ADAPTGEN_SERVER": bundle.shipment.folder} if bundle.shipment.folder else {}),
        "PYTHONUNBUFFERED": "1",
    }


def _dockerfile(bundle: Bundle) -> str:
    """Nothing is installed or run while the image is built: the files are copied, and belong to root."""
    platform = "linux/arm64" if bundle.target.arch == "arm64" else "linux/amd64"
    image = f"python:{bundle.target.python}-slim"
    said = " \\\n    ".join(f"{name}={json.dumps(value)}" for name, value in _environment(bundle).items())
    return f"""\
# {bundle.shipment.name} for AgentCore Runtime: POST /mcp on port 8000. Made by adaptgen package.
# Pin what you have tested: docker buildx imagetools inspect {image}, then FROM {image}@sha256:…
FROM --platform={platform} {image}
WORKDIR /app
COPY {SITE}/ /app/
ENV {said}
USER {USER}:{USER}
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 CMD {json.dumps([*_COMMAND, "--healthy"])}
CMD {json.dumps(_COMMAND)}
"""
