"""Configuration: settings read at the entrances, and data that an operator may replace."""
