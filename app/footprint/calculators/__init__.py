"""The calculators as data and rules: an event, a person, a visit."""
