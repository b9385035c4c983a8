"""WeChat Pay API v3 as its merchants see it, for rehearsal."""
