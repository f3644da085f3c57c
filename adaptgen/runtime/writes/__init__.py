"""Writes: updates that merge what changes into a record, one after the other for each record."""
