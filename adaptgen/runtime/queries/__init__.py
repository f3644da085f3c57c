"""Questions about a list: `where`, `sort`, `count`, `sum`, names for ids. `query` answers them, `filters` reads them,
`aggregates` counts and adds up (`figures`: exact numbers; `units`: mixed currencies), `values` guards personal data."""
