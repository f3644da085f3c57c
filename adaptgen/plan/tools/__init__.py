"""The arguments, the contract and the call of a tool, and the proof that no input is lost."""
