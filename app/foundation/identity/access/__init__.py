"""Letting people in: organisations, invitations, memberships, the first day, a new start."""
