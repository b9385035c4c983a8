"""What is asked for credits: the offer of a moment ago, the currencies it can be paid in, and exchange rates."""
