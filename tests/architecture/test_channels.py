"""A channel is named in its own packages and in one row of the table: rooms, doors and terminal ask that table."""

import re

from app.gateways.channels.methods import Gives
from app.gateways.channels.table import CHANNELS
from tests.architecture.reading_source import PROJECT, trees

OWN = ("app/gateways/channels", "app/sandbox")
WORDS = {"bank"}
"""Names that are words of our sentences as well: only as a name are they one."""
EXCUSED = {
    "app/commerce/payments/receipts.py": "its far side is two people of ours, who speak here",
    "app/cli/demo/setup.py": "the sandbox's keys as our settings; a far side in a package of its own brings them itself",
    "app/cli/demo/walkthrough.py": "the demo's citizen pays by a phone's browser",
    "app/foundation/identity/devices/rules.py": "an app that is a channel's is a browser as well, and a device is named by it",
    "app/web/citizen/api_payments.py": "an example in the API's description",
}


def test_nobody_but_its_own_packages_names_a_channel_or_one_of_its_methods() -> None:
    names = {re.escape(kind.name) for kind in CHANNELS if kind.name not in WORDS}
    names |= {rf"{name}\.KIND|channels import {name}|\"{name}\"|:{name}\b" for name in WORDS}
    keys = {re.escape(f"{kind.name}.{method.code}") for kind in CHANNELS for method in kind.methods}
    codes = {f'"{method.code}"' for kind in CHANNELS if kind.name not in WORDS for method in kind.methods}
    named = re.compile("|".join(sorted(names | keys | codes)))
    found = set()
    for path in trees("app", "workers", "config"):
        if not path.as_posix().startswith(OWN) and named.search((PROJECT / path).read_text("utf-8")):
            found.add(path.as_posix())
    assert found == set(EXCUSED)


def test_every_way_that_gives_a_code_says_which_app_scans_it() -> None:
    codes = [method for kind in CHANNELS for method in kind.methods if method.gives is Gives.QR]
    assert codes
    assert all(method.scanner is not None for method in codes)


def test_a_row_of_the_table_is_one_line_and_its_import_another() -> None:
    table = (PROJECT / "app/gateways/channels/table.py").read_text("utf-8")
    for kind in CHANNELS:
        assert len(re.findall(rf"\b{kind.name}\b", table)) == 2, kind.name
