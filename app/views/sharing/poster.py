"""The poster of a certificate, `/c/{id}/poster`: a picture to be saved and sent."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from app.views.page import Page

NameState = Literal["none", "waiting", "passed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterPage(Page):
    """The poster as it may be shown now."""

    template: ClassVar[str] = "citizen/poster.html"

    title: str
    """What the certificate calls itself."""
    number: str
    mass_g: int
    subject: str
    name_state: NameState
    """Of a person's name: until it has passed its check, the poster shows of it what strangers see. `none`: no name."""
    image_url: str
    verify_url: str
    certificate_url: str
    is_in_wechat: bool
