"""OpenTelemetry spans of a governed request."""
