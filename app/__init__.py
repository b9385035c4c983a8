"""Diandian (点点): from a scanned QR code to a certificate anybody can check."""
