"""Published factor sets: read, checked, looked up."""
