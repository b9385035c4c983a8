"""Gateways: our side of every wire that leaves this process. Import the module you need."""
