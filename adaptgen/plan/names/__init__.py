"""What tools are called: guessable, unique and stable."""
