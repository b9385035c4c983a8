"""One request as it came: its visit, its language, its cookies, the address it is from, and its body."""
