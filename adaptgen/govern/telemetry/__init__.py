"""Spans and metrics of a governed request: to a collector through OpenTelemetry, to Prometheus, to CloudWatch, or to
the console."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adaptgen.diagnostics import error
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry.spans import Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "ADAPTGEN_SERVICE"
"""The variable that names the service on a platform that makes metrics of what it prints (AgentCore Runtime)."""


def tracer(
    settings: Settings,
    *,
    exporter: SpanExporter | None = None,
    reader: MetricReader | None = None,
    listening: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Tracer:
    """The tracer of the settings; with ``exporter`` or ``reader`` one for them instead of a collector. ``listening``:
    Prometheus may scrape this process.

    Raises:
        AdaptgenError: AG070, OpenTelemetry is needed and not installed; AG062, nothing can listen where Prometheus is
            to scrape.
    """
    scraped = settings.metrics.listen if listening else ""
    made = Tracer()
    if settings.trace.console and exporter is None and reader is None:
        from adaptgen.govern.telemetry.console import ConsoleTracer

        made = ConsoleTracer(settings)
    elif settings.trace.otlp or exporter is not None or reader is not None or scraped:
        made = _otel(settings, exporter, reader, scraped)
    function, service = environ.get("AWS_LAMBDA_FUNCTION_NAME", ""), environ.get(SERVICE, "")
    cloudwatch = settings.metrics.cloudwatch
    if cloudwatch or (cloudwatch is None and (function or service)):
        from adaptgen.govern.telemetry.cloudwatch import EmbeddedMetrics

        named = ("Service", service or settings.trace.service or "adaptgen")
        if function:
            named = ("FunctionName", function)
        made = EmbeddedMetrics(made, named)
    return made


def _otel(settings: Settings, exporter: SpanExporter | None, reader: MetricReader | None, scraped: str) -> Tracer:
    readers = [reader] if reader is not None else []
    closing: Callable[[], None] | None = None
    try:
        from adaptgen.govern.telemetry import otel

        if scraped:
            from adaptgen.govern.telemetry.exporters import prometheus

            named = (*settings.listen.hosts, urlsplit(settings.listen.resource).hostname or "")
            scraping, closing = prometheus(scraped, settings.where("metrics", "listen"), named)
            readers.append(scraping)
        return otel.make(settings.trace, exporter, readers, closing=closing)
    except ModuleNotFoundError as why:
        if (why.name or "").partition(".")[0] not in ("opentelemetry", "prometheus_client"):
            raise
        what, section = ("metrics need", "metrics") if scraped else ("tracing needs", "trace")
        message = f"{what} OpenTelemetry, which is not installed"
        raise error("AG070", message, settings.where(section), 'pip install "adaptgen[otel]"') from None
