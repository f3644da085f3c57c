"""The bundled legacy CRM and the story of ``adaptgen demo``."""
