"""The verbs of the first day, of letting people in, and of organisations."""
