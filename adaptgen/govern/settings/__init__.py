"""The governance settings: their file, its types and checks, secrets, and the store that they name."""
