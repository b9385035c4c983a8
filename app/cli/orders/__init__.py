"""The verbs about orders and payments."""
