"""What every part of a call needs: errors, text, time, progress."""
