"""The far side of the wires, for rehearsal: WeChat Pay v3 and the mini-program login on one loopback address.

keys.ensure()      make or read the keys of both sides; every one says SANDBOX
app.create_app()   the far side as an ASGI app; `python -m app.sandbox` serves it

It signs, verifies, encrypts and keeps books for real and shares no code with our side of the wire: two
readings of one protocol check each other. What happens is chosen by named outcomes, never by magic amounts.
"""
