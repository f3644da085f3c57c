"""What policies decide about: calls in one form each, whatever way they were written in."""
