"""What changed for agents between two documents, generated folders or revisions. Nothing here writes or executes."""
