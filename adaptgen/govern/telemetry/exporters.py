"""Where OpenTelemetry's spans and metrics go: a collector, an endpoint of CloudWatch, Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import requests
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader

from adaptgen.diagnostics import Where, error
from adaptgen.model.frozen import lazy
from adaptgen.net.addresses import is_address, is_loopback, read_host
from adaptgen.runtime.aws import sigv4
from adaptgen.runtime.aws.background import read_own_keys

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from opentelemetry.sdk.trace.export import SpanExporter

Signal: TypeAlias = Literal["traces", "metrics"]

_ENDPOINT: Final = lazy(r"/v1/(traces|metrics)/?$")
_CLOUDWATCH: Final = lazy(r"(?P<service>xray|monitoring)\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?")
_TAKES: Final[dict[str, Signal]] = {"xray": "traces", "monitoring": "metrics"}


def collector(otlp: str) -> tuple[SpanExporter | None, list[MetricReader]]:
    """What sends spans and metrics to an endpoint of OTLP; one of CloudWatch takes only one of them."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    base = _ENDPOINT.sub("", otlp).rstrip("/")
    takes, session = signed_session(base) or ("", None)
    spans = OTLPSpanExporter(endpoint=f"{base}/v1/traces", session=session) if takes != "metrics" else None
    if takes == "traces":
        return spans, []
    return spans, [PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics", session=session))]


class SignedRequests(requests.auth.AuthBase):
    """Signs each request (AWS Signature Version 4) with the keys of this process, read again for each because they are
    renewed. CloudWatch user guide, "OTLP endpoints": spans go to ``xray.<region>``, metrics to ``monitoring.<region>``.
    """

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body
        assert isinstance(body, bytes), "the exporters send one piece"
        keys = read_own_keys()
        headers = {name: str(value) for name, value in request.headers.items()}
        added = sigv4.sign(
            request.method or "POST", request.url or "", headers, body, keys,
            region=self._region, service=self._service,
        )  # fmt: skip
        request.headers.update(added)
        return request


def signed_session(endpoint: str) -> tuple[Signal, requests.Session] | None:
    """What an endpoint of CloudWatch takes, and a session that signs for it; None where the endpoint is another."""
    found = _CLOUDWATCH.fullmatch(urlsplit(endpoint).hostname or "")
    if found is None:
        return None
    session = requests.Session()
    session.auth = SignedRequests(found["service"], found["region"])
    return _TAKES[found["service"]], session


def prometheus(
    address: str, where: Where | None, hosts: Collection[str] = ()
) -> tuple[MetricReader, Callable[[], None]]:
    """A reader that Prometheus scrapes at ``/metrics`` of ``address`` (HOST:PORT), and what ends it. ``hosts``: names
    by which it may be reached, besides addresses and those of this machine; ``*`` for all.

    That port has no authentication, as with every exporter of Prometheus: anyone who reaches it sees the names of tools
    and how often they fail. So it is never the port at which agents call, and a page in a
    browser cannot reach it by a name of its own (DNS rebinding).

    Raises:
        AdaptgenError: AG062, nothing can listen there.
    """
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.process_collector import ProcessCollector

    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)  # memory, processor time and open files: what replicas are sized by
    reader = PrometheusMetricReader(scope_info_enabled=False, registry=registry)
    try:
        server, thread = start_http_server(int(port), host, registry)
    except (OSError, OverflowError) as why:
        reason = (getattr(why, "strerror", "") or type(why).__name__).lower()
        help = 'choose another one: metrics: {listen: "127.0.0.1:9464"}'
        raise error("AG062", f"cannot listen on {address} for metrics: {reason}", where, help) from None
    app = server.get_app()
    assert app is not None, "start_http_server sets one"
    server.set_app(_check_host(app, frozenset(name.lower() for name in (host, *hosts))))

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return reader, close


def _check_host(app: WSGIApplication, names: frozenset[str]) -> WSGIApplication:
    """``app`` for requests alone whose Host is an address, this machine or one of ``names``."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_HOST")
        host = read_host(given)
        allowed = host is not None and (is_address(host) or is_loopback(host) or host in names or given in names)
        if allowed or "*" in names:
            return app(environ, start_response)
        start_response("421 Misdirected Request", [("content-type", "text/plain; charset=utf-8")])
        return [b"This name is not one of listen.hosts\n"]

    return answer
