"""What a person shows of themselves: their picture, and what they share of a certificate."""
