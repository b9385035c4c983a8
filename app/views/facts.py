"""What an exception from below means to whoever asked, whichever way they came in."""

from typing import Final

import msgspec

from app.gateways.database import retry_after_s, sqlstate
from app.kernel.errors import Crowded, DomainError, Unavailable
from app.views import errors, faults
from app.views.decoding import DEPTH_MAX

_TEXT_REFUSED: Final = "22021"


def as_fact(exc: BaseException) -> DomainError:  # noqa: PLR0911  # one line per kind of exception reads as a table
    """The fact behind an exception; `Failed` where it is our own fault."""
    match exc:
        case DomainError():
            return exc
        case msgspec.ValidationError():
            return errors.FieldsInvalid(faults.of_sentence(str(exc)))
        case msgspec.DecodeError() | UnicodeDecodeError():
            return errors.Malformed()
        case RecursionError():
            return errors.TooDeep(depth_max=DEPTH_MAX)
        case Crowded():
            return errors.Busy(retry_after_s=2)
        case Unavailable():
            return errors.Silent(retry_after_s=5)
        case _:
            return _of_server(exc)


def _of_server(exc: BaseException) -> DomainError:
    """Trouble below the rooms: passing, or our own fault."""
    if isinstance(exc, Exception) and (again_s := retry_after_s(exc)) is not None:
        return errors.Busy(retry_after_s=again_s)
    return errors.CharacterRefused() if sqlstate(exc) == _TEXT_REFUSED else errors.Failed()
