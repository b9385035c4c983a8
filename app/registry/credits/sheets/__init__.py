"""Import sheets of lots and of suspensions: columns, cells, rows, and taking them in."""
