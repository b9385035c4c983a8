"""Who is who in a rehearsal: the demo's accounts, and the links by which the terminal lets a browser become one of them."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal

RoleName = Literal[
    "citizen", "visitor", "organiser", "operator", "reviewer", "finance", "finance2", "administrator", "donor", "committee",
    "committee2", "moderator",
]  # fmt: skip
ZONE_SLUG: Final = "sample-games"
"""The demo's zone, as its file says."""
ZONE_SCENE: Final = "GAMES1"
"""The scene of it that has a big screen."""
ORGANISER_EMAIL: Final = "organiser@demo.example"
"""The demo's account of the invented organiser; its password is the demo's own key, as of those below."""
OPERATOR_EMAIL: Final = "operator@demo.example"
"""Who proposes at the platform."""
REVIEWER_EMAIL: Final = "reviewer@demo.example"
"""Who reviews what the other proposed."""
FINANCE_EMAIL: Final = "finance@demo.example"
"""Who records what came to the bank account."""
SECOND_FINANCE_EMAIL: Final = "finance2@demo.example"
"""Who confirms it."""
ADMINISTRATOR_EMAIL: Final = "administrator@demo.example"
"""Who lets people in."""
DONOR_EMAIL: Final = "donor@demo.example"
"""Who gives for one of the invented companies of the zone's board."""
COMMITTEE_EMAIL: Final = "committee@demo.example"
"""Who looks after the zone and its screen, and retires what it was given …"""
SECOND_COMMITTEE_EMAIL: Final = "committee2@demo.example"
"""… which they agree to."""
EMAILS: Final[Mapping[str, str]] = {
    "organiser": ORGANISER_EMAIL,
    "operator": OPERATOR_EMAIL,
    "reviewer": REVIEWER_EMAIL,
    "finance": FINANCE_EMAIL,
    "finance2": SECOND_FINANCE_EMAIL,
    "administrator": ADMINISTRATOR_EMAIL,
    "donor": DONOR_EMAIL,
    "committee": COMMITTEE_EMAIL,
    "committee2": SECOND_COMMITTEE_EMAIL,
    "moderator": OPERATOR_EMAIL,
}
"""By role; the others sign in with nothing."""
GOALS: Final[Mapping[str, str]] = {
    "donor": f"/organiser/donations/{ZONE_SLUG}",
    "committee": f"/organiser/{ZONE_SCENE}/wall",
    "committee2": f"/organiser/donations/{ZONE_SLUG}",
    "moderator": "/operator/moderation",
}
"""Where a role of the city's event begins; the others begin at their door."""
_TOKEN_LENGTH: Final = 32


def token(role: RoleName, *, key: str) -> str:
    """What makes a role's link: nobody without the key can write one."""
    return hmac.new(key.encode(), f"role:{role}".encode(), sha256).hexdigest()[:_TOKEN_LENGTH]
