"""The verbs about lots, prices, methodologies and their cancellation upstream."""
