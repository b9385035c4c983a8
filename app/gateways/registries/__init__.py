"""Registries of credits: one folder for each wire, what they share in `base`."""
