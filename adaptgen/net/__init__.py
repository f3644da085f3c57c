"""Which addresses may be talked to: loopback, https, and never where machines find their own credentials."""
