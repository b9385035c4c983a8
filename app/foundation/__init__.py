"""What any business software needs: events, answers kept for repeats, people and their powers, decisions by two, forgetting."""
