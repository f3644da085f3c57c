"""SourceText to values with places: YAML 1.2 and JSON."""
