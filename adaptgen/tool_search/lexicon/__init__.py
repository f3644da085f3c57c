"""Words that mean the same, by subject."""
