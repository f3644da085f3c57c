"""What is shipped: the settings, the server and the wheels that they use, as one zip or one image context."""
