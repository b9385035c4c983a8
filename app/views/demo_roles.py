"""Who is who in a rehearsal: the demo's accounts, and the links by which the terminal lets a browser become one of them."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal

RoleName = Literal["citizen", "visitor", "organiser", "operator", "reviewer", "finance", "finance2", "administrator"]
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
EMAILS: Final[Mapping[str, str]] = {
    "organiser": ORGANISER_EMAIL,
    "operator": OPERATOR_EMAIL,
    "reviewer": REVIEWER_EMAIL,
    "finance": FINANCE_EMAIL,
    "finance2": SECOND_FINANCE_EMAIL,
    "administrator": ADMINISTRATOR_EMAIL,
}
"""By role; the others sign in with nothing."""
_TOKEN_LENGTH: Final = 32


def token(role: RoleName, *, key: str) -> str:
    """What makes a role's link: nobody without the key can write one."""
    return hmac.new(key.encode(), f"role:{role}".encode(), sha256).hexdigest()[:_TOKEN_LENGTH]
