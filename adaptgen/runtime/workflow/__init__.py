"""Tools of several calls, step by step."""
