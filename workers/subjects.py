"""What people pay for: the table from the kind of a paid subject to what the room that owns it declares.

A payment's subject is `<kind>:<id>`. PostgreSQL keeps the kinds too (`payment_subject_kind`) and refuses a payment of any
other, so that money never waits for a room that does not know it. A test demands a line here for every kind there, and a
worker compares both before it begins to work.
"""

from collections.abc import Mapping
from typing import Final

from app.commerce.orders import ORDER
from app.commerce.payments import SubjectKind

SUBJECTS: Final[Mapping[str, SubjectKind]] = {
    "order": ORDER,
}
