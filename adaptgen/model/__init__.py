"""What a generated server is, as frozen values; they know nothing of documents and nothing of serving."""
