"""What is told of gifts beside collecting: the rest that one pays, codes that are given up, cards of grams."""
