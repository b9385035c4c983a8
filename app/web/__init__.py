"""The doors: one folder per audience, the pages they show and the words they share."""
