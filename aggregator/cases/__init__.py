"""Looking a case up, and its card, as values."""
