"""adaptgen: MCP servers for legacy HTTP APIs, generated from their OpenAPI documents."""

__version__ = "0.1.0"
