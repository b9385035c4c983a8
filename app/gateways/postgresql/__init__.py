"""Where PostgreSQL is, and what its connections rest on."""
