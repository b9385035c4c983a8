"""What a payload is, byte for byte, and the states of an approval. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec

from app.foundation.approvals.errors import ApprovalReasonUnfit
from app.kernel.text import Text

REASON_MOST: Final = 400


class State(StrEnum):
    """Where an approval stands. All but the first are final."""

    PROPOSED = "proposed"
    """One person wrote it down; a second has not decided."""
    APPROVED = "approved"
    """A second person agreed, and its effect stands."""
    RETURNED = "returned"
    """A second person said no, and why."""
    WITHDRAWN = "withdrawn"
    """Its maker took it back."""
    SUPERSEDED = "superseded"
    """Its maker wrote another in its place."""

    @property
    def text(self) -> Text:
        """For people."""
        return _STATES[self]


_STATES: Final = {
    State.PROPOSED: Text(zh="待复核", en="to be reviewed"),
    State.APPROVED: Text(zh="已同意", en="approved"),
    State.RETURNED: Text(zh="已退回", en="sent back"),
    State.WITHDRAWN: Text(zh="已撤回", en="withdrawn"),
    State.SUPERSEDED: Text(zh="已被新提请取代", en="superseded"),
}


def canonical(payload: object) -> str:
    """One spelling of a payload: JSON with sorted keys, without spaces, Unicode as it is. What is hashed and shown.

    Days, ids and enumerations become their texts. The same content gives the same text, whatever the order of its keys.

    Raises:
        ValueError: no object, a fraction (grams and minor units are whole numbers), or a character that PostgreSQL's
            JSON cannot hold.
    """
    plain = msgspec.to_builtins(payload)
    if not isinstance(plain, Mapping):
        raise ValueError("a payload is an object")  # noqa: TRY004 - one kind of error for all that is no payload
    _check(plain)
    return msgspec.json.encode(plain, order="sorted").decode()


def digest(text: str) -> str:
    """The SHA-256 of a payload's text, in hexadecimal: whoever decides names it, and so says what they saw."""
    return sha256(text.encode()).hexdigest()


def plain_reason(typed: str) -> str:
    """Why something is sent back or withdrawn, trimmed.

    Raises:
        ApprovalReasonUnfit: fewer than 2 or more than 400 characters.
    """
    plain = typed.strip()
    if not 2 <= len(plain) <= REASON_MOST or "\0" in plain:
        raise ApprovalReasonUnfit
    return plain


def _check(value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    match value:
        case float():
            raise ValueError("a payload holds no fraction")
        case str():
            if "\0" in value:
                raise ValueError("a payload holds no NUL")
            value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
        case Mapping():
            for key, one in value.items():
                _check(key)
                _check(one)
        case list() | tuple():
            for one in value:
                _check(one)
