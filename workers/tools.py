"""What jobs work with, built once per process."""

from dataclasses import dataclass

from app import certificates, claims
from app.gateways.bundle import Gateways


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What jobs work with, built once per process."""

    gateways: Gateways
    issuer: certificates.Issuer
    studio: certificates.Studio | None
    """None in a process that does not draw."""
    profiles: claims.ProfileSet | None = None
    """What judges the claims of organisations; None: nothing does."""
    is_going_on: bool = False
    """Whether a hop does what follows from it in its own transaction, instead of leaving it to whoever hears first."""
