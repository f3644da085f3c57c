"""Governance: one pipeline between the MCP client and what answers, and the stand-alone proxy."""
