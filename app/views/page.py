"""What the pages of every door know, money as they show it, and the page that says what stands in the way."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel import money
from app.kernel.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page knows."""

    here: str
    """Path and query of this page without `lang`: the language switch adds it."""
    sandbox: bool
    """Puts the ribbon SANDBOX 样张 in the corner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money as a page shows it."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        return money.text(self.minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage(Page):
    """Something stands in the way: what, what to do now, and the id to quote."""

    template: ClassVar[str] = "problem.html"

    status: int
    title: str
    message: str
    advice: str | None = None
    """What to do; None takes the sentence for this status."""
    request_id: str
    back_url: str | None = None
    ask_code: bool = False
    """Offers the field for a scene code: for a scene that does not exist."""
