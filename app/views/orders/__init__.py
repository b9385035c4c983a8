"""Orders as doors tell them: where one stands, its parts, the form of a joint one, and the same as JSON and on pages."""
