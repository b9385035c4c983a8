"""The family of refusals: facts a caller may meet, each with a stable code and both languages.

Status codes live in `app/web/kit/responses/problems.py` only; a room never knows HTTP.
"""

from typing import ClassVar

from app.kernel.text import Text


class DomainError(Exception):
    """A fact that stops a use case. Nothing has moved when it is raised."""

    code: ClassVar[str]
    """`room.fact`, stable for ever; the API sends it as ROOM_FACT."""
    text: ClassVar[Text]
    """What the reader is told; `{name}` is replaced by the fact of that name."""
    field: str | None = None
    """JSON Pointer of the input at fault, where one is."""

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts
        if field is not None:
            self.field = field

    def message(self) -> Text:
        """The text with its figures filled in."""
        return self.text.filled(**self.facts)


class NotFound(DomainError):
    """What was asked for does not exist, or not for this caller: both look the same."""


class Gone(DomainError):
    """It existed and has ended."""


class Conflict(DomainError):
    """The world is in another state than the request assumes."""


class RuleBroken(DomainError):
    """Understood and refused by a rule."""


class Invalid(DomainError):
    """The request itself is malformed; `field` names where."""


class Unauthenticated(DomainError):
    """Nobody, or nobody we know any more."""


class Forbidden(DomainError):
    """Known, but not allowed here."""


class TooMany(DomainError):
    """Too often; the fact `retry_after_s` says when to come again."""


class Overloaded(DomainError):
    """More at once than we can do; nothing was tried, and the fact `retry_after_s` says when to come again."""


class Unavailable(Exception):
    """Silence of somebody else's server: unknown, never guessed into success or failure.

    A door answers 503, a worker tries again.
    """


class Crowded(Unavailable):
    """Too many wait here already, or the wait was too long. Nothing has begun.

    A door answers 503 with the time to come again, a worker tries again.
    """
