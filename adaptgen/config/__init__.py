"""Files that people write for adaptgen: tables of keys, a checker that names places, and a writer of JSON Schema."""
