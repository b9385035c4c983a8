"""Read models and forms, told once for the API, the pages and the terminal. No web framework here.

orders         an order's progress, its lines, its form, and how each is told
certificates   what a frozen record says: lots, parties, reach, naming, upstream, findings
estimates      from a scene and a tap to a figure and its price
page, scene, mine, console   what pages know
errors, faults, facts, decoding   what stands in the way of a request, and bodies read strictly
services       what views and doors are handed by the entrance
"""
