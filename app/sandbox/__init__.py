"""The far side of the wires, for rehearsal: WeChat Pay v3, mini-program login and a registry of credits on one address.

keys.ensure()           make or read the keys of both sides; every one says SANDBOX
keys.knobs()            what our side must be set to, of the far sides that live in packages of their own
registry_keys.ensure()  the same for the registry of credits
app.create_app()        the far side as an ASGI app; `python -m app.sandbox` serves it

It signs, verifies, encrypts and keeps books for real and shares no code with our side of the wire: two
readings of one protocol check each other. What happens is chosen by named outcomes, never by magic amounts.
"""
