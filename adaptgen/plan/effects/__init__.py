"""Whether an operation reads, writes or deletes."""
