"""The hints: their keys, types and checks, and the published JSON Schema."""
