"""Whether updates lose data."""
