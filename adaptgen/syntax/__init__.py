"""The small languages: each is read and applied by one module, in linear time, for what is read may be hostile."""
