"""What was read a moment ago, and may be shown again."""
