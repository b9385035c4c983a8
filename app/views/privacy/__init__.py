"""What a person is shown about their data: where they are signed in, what is kept and why, and what becomes of it."""
