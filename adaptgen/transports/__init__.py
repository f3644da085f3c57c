"""Who speaks MCP: thin skins over ``engine.list(caller)`` and ``engine.call(caller, tool, arguments)``."""
