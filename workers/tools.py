"""What jobs work with, built once per process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from app import certificates
from app.commerce import payments, recovery
from app.gateways.bundle import Gateways
from app.registry import claims
from workers.subjects import SUBJECTS


class Cover(Protocol):
    """Has the marker outside cover what a job is about to give."""

    async def __call__(self, *wants: recovery.Want) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What jobs work with, built once per process."""

    gateways: Gateways
    issuer: certificates.Issuer
    studio: certificates.Studio | None
    """None in a process that does not draw."""
    profiles: claims.ProfileSet | None = None
    """What judges the claims of organisations; None: nothing does."""
    subjects: Mapping[str, payments.SubjectKind] = field(default_factory=lambda: SUBJECTS)
    """What is done for each kind of thing that is paid for."""
    name_wait: timedelta = timedelta(seconds=60)
    """How long the paper of a gift waits for its receiver's name."""
    wall_version: int | None = None
    """Of the text by which people agree to be shown on a screen; None: nobody is lined up."""
    message_templates: Mapping[str, str] = field(default_factory=dict)
    """WeChat's template by what it tells; what has none is not told."""
    cover: Cover | None = None
    """Has the marker outside cover what a job is about to give; None: nothing is bounded here."""
    is_going_on: bool = False
    """Whether a hop does what follows from it in its own transaction, instead of leaving it to whoever hears first."""
