"""Spans of a governed request: to a collector through OpenTelemetry, or to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.diagnostics import error
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry.spans import Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace.export import SpanExporter


def tracer(settings: Settings, *, exporter: SpanExporter | None = None, reader: MetricReader | None = None) -> Tracer:
    """The tracer of the settings; with ``exporter`` or ``reader`` one for them instead of a collector. AG070 where a
    collector is named and OpenTelemetry is not installed."""
    if settings.trace.console and exporter is None and reader is None:
        from adaptgen.govern.telemetry.console import ConsoleTracer

        return ConsoleTracer(settings)
    if not settings.trace.otlp and exporter is None and reader is None:
        return Tracer()
    try:
        from adaptgen.govern.telemetry import otel

        return otel.make(settings.trace, exporter, reader)
    except ModuleNotFoundError as why:
        if (why.name or "").partition(".")[0] != "opentelemetry":
            raise
        message = "tracing needs OpenTelemetry, which is not installed"
        raise error("AG070", message, settings.where("trace"), 'pip install "adaptgen[otel]"') from None
