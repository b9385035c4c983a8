"""A channel that exists in tests only: what a new one must bring, and nothing else.

gateway.py   our side of its wire, and its row of the table (a package of `app/gateways/channels` for a real one)
far_side.py  its far side (a package of `app/sandbox`); shares no line with the gateway

It is all that WeChat Pay is not: its payer approves and *we* take the money, it is asked by its own number, it has never
heard of a trade until its code is scanned, credits wait for it for three days, and one of
its two ways to pay takes US dollars, one at least.
"""
