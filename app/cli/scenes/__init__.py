"""The verbs about scenes."""
