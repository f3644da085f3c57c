"""How a caller logs in: declared security schemes, login chains found by their evidence, and what hints say."""
