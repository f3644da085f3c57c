"""Sessions: logging in, sending credentials, renewing and sharing what a login gave."""
