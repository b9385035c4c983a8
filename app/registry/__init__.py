"""The carbon registry: grams and money in the ledger, lots, who holds them, claims,
what is retired and cancelled, and the books."""
