"""MCP clients: where each keeps its configuration, and the entry of a server in it."""
