"""One request to the API and its response; one page of a list."""
