"""A stack created, updated, rolled back and deleted through AWS."""
