"""What a build writes: files at once or not at all, and the lock that shows whether they are fresh."""
