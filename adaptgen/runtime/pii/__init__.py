"""Personal data in what an API answers, before governance replaces it."""
