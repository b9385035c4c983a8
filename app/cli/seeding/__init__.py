"""Data to look at: people, organisations, scenes and credits of a demo."""
