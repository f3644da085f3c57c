"""adaptgen: MCP servers for legacy HTTP APIs, generated from their OpenAPI documents."""
