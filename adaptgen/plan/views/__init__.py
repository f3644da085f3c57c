"""Which fields of an answer an agent sees, and which identify a record."""
