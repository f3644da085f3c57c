"""The audit trail: who did what, which policies decided, and the proof that nothing was taken away."""
