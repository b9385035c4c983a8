"""Who may do something, and how often: guards, sealed forms, limits, keys of repeated requests."""
