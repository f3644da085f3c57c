"""What the soak is made of: an API that counts what it executes, the processes before it, the workers, the books."""
