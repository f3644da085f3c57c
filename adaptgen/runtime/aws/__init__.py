"""Clients, credentials and signatures of AWS."""
