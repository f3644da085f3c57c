"""The bundled legacy CRM and the story that ``adaptgen demo`` tells with it."""
