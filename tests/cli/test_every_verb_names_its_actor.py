"""At the terminal whoever changes what others pay or may claim says who they are; who only reads need not.

The tree of verbs is walked: one that is new stands in neither list and fails.
"""

from collections.abc import Iterator

import click

from app.cli import main

FREE = {
    "demo", "serve", "worker", "migrate", "seed", "doctor", "rewrap-keys",  # whoever keeps this machine
    # They look, or ring again.
    "prove", "verify", "reconcile", "outbox replay", "outbox dead", "claims annex", "claims judge", "claims show",
    "certificate verify", "cancellations list", "scene list", "scene qr", "scene poster",
    "approvals list", "approvals show",
    "methodology list", "price list", "rate list",
    "price history", "order parties", "order show", "organisation list", "lot doubles", "order quoted", "payment refused",
    "payment expected", "bill list", "bill show", "bill differences",
    "payment parked", "invoice list", "zone list", "zone show", "zone support",
    # Whoever begins, and whoever comes: nobody is known yet; the shell's own session.
    "setup", "join", "sign-out",
}  # fmt: skip
SIGNED = {
    "holding list", "holding buy", "holding transfer", "holding retire", "holding approve", "holding return",
    "webhook list", "webhook log", "webhook test", "webhook redeliver",
    "approvals approve", "approvals return", "approvals withdraw",
    "import lots", "methodology suspend", "methodology resume", "methodology load",
    "price set", "rate propose", "rate confirm",
    "cancellations propose", "order place", "order pay", "invite", "invitation list", "invitation revoke",
    "operator list", "operator take-role", "operator reset", "operator disable", "organisation add",
    "organisation propose", "organisation verify", "organisation return", "scene publish", "scene screen",
    "sign-in", "claims name", "lot double", "order reserve", "payment refund-again", "payment settle-by-hand",
    "payment receipt", "payment statement", "bill fetch", "bill ask", "bill take", "bill explain", "bill sign",
    "payment decide", "invoice export", "invoice ask", "invoice mark",
    "zone apply", "zone confirm", "zone record-support", "zone report", "person see",
    "recover",
}  # fmt: skip
ONLY_SOMETIMES = {"import lots", "order place", "recover", "scene publish"}
"""A look needs no name; taking in what takes two people, and placing, do."""


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_every_verb_stands_in_one_list() -> None:
    verbs = {name for name, _ in leaves(main)}
    assert verbs == FREE | SIGNED
    assert not FREE & SIGNED


def test_a_verb_that_changes_something_asks_who_does_it() -> None:
    for name, command in leaves(main):
        if name in SIGNED:
            by = next((option for option in command.params if "--by" in option.opts), None)
            assert by is not None, name
            assert by.required or name in ONLY_SOMETIMES, name
