"""A scene that its organiser sets up alone: what is filled in, what is missing, how it counts, what it costs, how it looks.

content.py     what a draft says; templates to begin from
checking.py    what is missing or at fault, step by step
answering.py   whose emissions the organiser answers for
counting.py    a visitor's grams and the host's own, line by line
paying.py      what a gift takes and costs
previewing.py  the scene's page as the draft would have it
proposing.py   from the draft to a scene that waits for the platform, and to its gift
draft_json.py  as JSON
"""
