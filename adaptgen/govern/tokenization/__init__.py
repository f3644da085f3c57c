"""Tokens in the place of personal data, and what must not be asked about it."""
