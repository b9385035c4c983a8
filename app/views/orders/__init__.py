"""Orders as doors tell them: where one stands, its lines, the form of a joint one, and the same as JSON and on pages."""
