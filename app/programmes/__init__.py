"""Programmes: what makes claims or sales. Each is a room of its own, and none knows another."""
