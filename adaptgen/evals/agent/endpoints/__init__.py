"""Models behind one face: ``base`` has the request, the reply and the retries; ``openai``, ``anthropic``, ``bedrock``
and ``command`` each write one wire form; ``choose`` finds the one that a command line names."""
