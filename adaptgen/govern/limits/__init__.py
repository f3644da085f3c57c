"""How much a caller may do: rates, budgets of use, and the kill switch."""
