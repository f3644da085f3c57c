"""What becomes of an answer: its envelope, the fields shown, its size, the MCP result."""
