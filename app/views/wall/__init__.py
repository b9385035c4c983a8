"""What the big screen shows and what a phone is told about it: for the page, the API and the terminal."""
