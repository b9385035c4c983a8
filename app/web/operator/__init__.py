"""The operators' door: the platform's own people, two of them wherever something becomes final.

admission            signing in and out; who may do what
pages_cancellations  upstream cancellation: what is missing, proposing, reporting, reviewing
pages_inbox          everything that waits for a second person
filling              from what the room knows to what a page shows
views                what each page needs
"""
