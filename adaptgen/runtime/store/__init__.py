"""Where state is kept that processes share: memory, files, Redis, DynamoDB."""
