"""Lists over many pages: where they go on, cursors, what changed meanwhile."""
