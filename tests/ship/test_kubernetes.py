"""The manifests of docs/containers/kubernetes: what they say together, and what their Redis accepts."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support import redis as redis_server
from support.services import Unavailable, environment, free_port, plain_environ

from adaptgen.govern.settings.load import advice, check_target, read
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.runtime.store.redis import RedisStore
from adaptgen.transports.container import DRAIN
from adaptgen.transports.streamable_http.serve import GRACE
from adaptgen.transports.streamable_http.server import READY

FOLDER = Path(__file__).parents[2] / "docs" / "containers" / "kubernetes"


def documents(name: str) -> dict[str, dict[str, Any]]:
    """Kind -> document of one file."""
    found = [one for one in yaml.safe_load_all((FOLDER / name).read_text("utf-8")) if one]
    assert len({one["kind"] for one in found}) == len(found)
    return {one["kind"]: one for one in found}


PROXY, REDIS = documents("proxy.yaml"), documents("redis.yaml")
POD: dict[str, Any] = PROXY["Deployment"]["spec"]["template"]["spec"]
CONTAINER: dict[str, Any] = POD["containers"][0]
ENV = {one["name"]: one["value"] for one in CONTAINER["env"]}


def test_settings_name_what_the_pod_has() -> None:
    settings = read(FOLDER / "governance.yaml")
    check_target(settings, loopback=False)
    assert [one.code for one in advice(settings, processes=True)] == ["AG076"]  # checkpoints, which name their key
    named = set(re.findall(r"\$\{env:(\w+)\}", (FOLDER / "governance.yaml").read_text("utf-8")))
    secret = {"PROXY_TOKEN_KEY", "PROXY_AUDIT_KEY", "TICKETS_TOKEN", "PROXY_STATE"}
    assert named == (ENV.keys() - {DRAIN}) | secret
    assert all(name in (FOLDER / "proxy.yaml").read_text("utf-8").split("---")[0] for name in secret)
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))
    assert {*kustomization["resources"], *kustomization["configMapGenerator"][0]["files"], "kustomization.yaml"} == {
        path.name for path in FOLDER.iterdir()
    }


def test_a_pod_that_ends_has_the_time_that_it_needs() -> None:
    probe = CONTAINER["readinessProbe"]
    drain = float(ENV[DRAIN])
    assert probe["httpGet"]["path"] == READY
    assert drain > probe["periodSeconds"] * (probe["failureThreshold"] + 1)
    assert POD["terminationGracePeriodSeconds"] >= drain + GRACE + 5
    assert {CONTAINER[name]["httpGet"]["path"] for name in ("livenessProbe", "startupProbe")} == {"/healthz"}


def test_replicas_are_found_and_never_all_gone() -> None:
    labels = PROXY["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert PROXY["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert PROXY["Service"]["spec"]["selector"] == PROXY["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    assert PROXY["Service"]["spec"]["selector"] == labels
    assert "sessionAffinity" not in PROXY["Service"]["spec"]
    replicas, least = PROXY["Deployment"]["spec"]["replicas"], PROXY["PodDisruptionBudget"]["spec"]["minAvailable"]
    assert PROXY["HorizontalPodAutoscaler"]["spec"]["minReplicas"] == replicas > least > 0
    assert PROXY["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    allowed = REDIS["NetworkPolicy"]["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]
    assert allowed == labels


@pytest.mark.parametrize("pod", [POD, REDIS["StatefulSet"]["spec"]["template"]["spec"]], ids=["proxy", "redis"])
def test_containers_may_do_nothing_that_they_need_not(pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    assert "memory" in container["resources"]["limits"]


@pytest.mark.slow
@pytest.mark.network
def test_manifests_keep_to_the_schemas_of_kubernetes(tmp_path: Path) -> None:
    try:
        program = environment("kubernetes", sys.executable) / "kubernetes-validate"
    except Unavailable as reason:
        pytest.skip(f"kubernetes-validate: {reason}")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((FOLDER / "proxy.yaml").read_text("utf-8").replace("readinessProbe:", "readynessProbe:"))
    codes = [
        subprocess.run([program, "--strict", path], capture_output=True, check=False).returncode
        for path in (FOLDER / "proxy.yaml", FOLDER / "redis.yaml", wrong)
    ]
    assert codes[:2] == [0, 0]
    assert codes[2] != 0


def certificate(folder: Path) -> None:
    """``ca.crt``, ``tls.crt`` and ``tls.key`` of a server on loopback, as the Secret has them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "adaptgen-redis")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    for one in ("ca.crt", "tls.crt"):
        (folder / one).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[int]:
    """Redis with the configuration and the command of the manifest, on a port of loopback."""
    try:
        program, libraries = redis_server.server()
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")
    certificate(tmp_path)
    (tmp_path / "data").mkdir()
    port = free_port()
    text = REDIS["ConfigMap"]["data"]["redis.conf"].replace("/tls/", f"{tmp_path}/").replace("6379", str(port))
    (tmp_path / "redis.conf").write_text(text)
    (container,) = REDIS["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    (shell, flag, script) = container["command"]
    script = script.replace("redis-server", program).replace("/etc/redis", str(tmp_path))
    script = script.replace("/data", str(tmp_path / "data")).replace("/run/redis", str(tmp_path / "data"))
    environ = plain_environ(tmp_path, REDIS_PASSWORD="pass/word+1", LD_LIBRARY_PATH=libraries)
    process = subprocess.Popen([shell, flag, script], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ready to accept connections" in line:
                break
        else:
            if "tls" in "".join(said):
                pytest.skip("this Redis has no TLS")
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.slow
# The client leaves the socket of a connection that is refused to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_reference_redis_wants_tls_and_the_password(reference: int, tmp_path: Path) -> None:
    async def put(url: str) -> bytes | None:
        store = RedisStore(url, timeout=1.0)
        try:
            await store.put("k", b"v", ttl=5)
            return await store.get("k")
        finally:
            await store.aclose()

    trusted = f"127.0.0.1:{reference}/0?ssl_ca_certs={tmp_path}/ca.crt"
    assert asyncio.run(put(f"rediss://:pass%2Fword%2B1@{trusted}")) == b"v"
    for url in (f"rediss://{trusted}", f"redis://:pass%2Fword%2B1@127.0.0.1:{reference}/0"):
        with pytest.raises(StoreError) as refused:
            asyncio.run(put(url))
        assert "word" not in str(refused.value)
