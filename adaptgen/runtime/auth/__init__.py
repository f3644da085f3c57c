"""Sessions: logging in, sending credentials, renewing and sharing the result of a login."""
