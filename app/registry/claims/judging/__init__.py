"""Whether something may be said to be neutral, rule by rule and with reasons. Pure: no table, no wire."""
