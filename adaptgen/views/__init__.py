"""Which fields of a record are worth showing: ranking and scoring, at build time and at run time."""
