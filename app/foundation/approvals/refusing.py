"""PostgreSQL's refusals as facts."""

import contextlib
from collections.abc import Iterator
from typing import Final

from app.foundation.approvals.errors import (
    ApprovalChanged,
    ApprovalDecided,
    ApprovalKindUnknown,
    ApprovalRoleMissing,
    DeciderInterested,
    SamePerson,
)
from app.foundation.approvals.rules import State
from app.gateways.database import TROUBLE, constraint
from app.kernel.errors import DomainError

_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "approval_maker_role": ApprovalRoleMissing,
    "approval_decider_role": ApprovalRoleMissing,
    "approval_decider_interested": DeciderInterested,
    "approval_two_people_check": SamePerson,
    "approval_seen_check": ApprovalChanged,
}


@contextlib.contextmanager
def facts(*, kind: str | None = None) -> Iterator[None]:
    """Raise a fact of this room where PostgreSQL refused for one."""
    try:
        yield
    except TROUBLE as refusal:
        name = constraint(refusal) or ""
        if name == "approval_kind_fkey":
            raise ApprovalKindUnknown(kind=kind or "") from refusal
        if name in _REFUSALS:
            fact = _REFUSALS[name]
            raise fact from refusal
        raise


def decided(state: State) -> ApprovalDecided:
    """That it is final."""
    return ApprovalDecided(state_zh=state.text.zh, state_en=state.text.en)
