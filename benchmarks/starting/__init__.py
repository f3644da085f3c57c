"""Starts of Lambda functions: what runs beside them, the bundles, the processes, and where the time goes."""
