"""Names of adaptgen 0.1 that handlers and images of generated servers import; they are in ``adaptgen.transports``."""
