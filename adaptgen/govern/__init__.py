"""Governance: one pipeline between whoever speaks MCP and what answers, and the stand-alone proxy."""
