"""Questions about a list: `where`, `sort`, `count`, `distinct`, names for ids."""
