"""One request from authentication to the answer, and what it is assembled from."""
