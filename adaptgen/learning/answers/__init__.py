"""What answers really hold: ``learn.learn_answers`` is the face."""
