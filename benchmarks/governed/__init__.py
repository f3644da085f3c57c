"""What the benchmarks of governance share: an upstream server, an issuer of tokens, a lean client."""
