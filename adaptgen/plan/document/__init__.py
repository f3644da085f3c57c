"""What a document says: operations, schemas, servers, words."""
