"""The verbs about claims, what was found of them, and certificates."""
