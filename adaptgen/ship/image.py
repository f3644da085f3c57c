"""The context of a container image for AgentCore Runtime: a Dockerfile and the files of the bundle."""

from __future__ import annotations

import json

from adaptgen.ship.package import Bundle

SITE = "site"
"""The folder of the context that becomes the image's /app."""
USER = 10001
_COMMAND = ["python", "-m", "adaptgen.transports.container"]


def context(bundle: Bundle) -> dict[str, bytes]:
    """The files of the context: path -> content."""
    files = {f"{SITE}/{path}": content for path, content in bundle.files.items()}
    return {"Dockerfile": dockerfile(bundle).encode(), ".dockerignore": b"*\n!site\n", **files}


def dockerfile(bundle: Bundle) -> str:
    """Nothing is installed or run while the image is built: the files are copied, and belong to root."""
    platform = "linux/arm64" if bundle.target.arch == "arm64" else "linux/amd64"
    image = f"python:{bundle.target.python}-slim"
    variables = {
        "ADAPTGEN_GOVERNANCE": bundle.shipment.governance,
        "ADAPTGEN_LISTEN": "0.0.0.0:8000",
        **({"ADAPTGEN_SERVER": bundle.shipment.folder} if bundle.shipment.folder else {}),
        "PYTHONUNBUFFERED": "1",
    }
    said = " \\\n    ".join(f"{name}={json.dumps(value)}" for name, value in variables.items())
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
