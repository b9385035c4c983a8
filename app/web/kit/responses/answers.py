"""How the API's description tells an answer: a whole example of it, and every refusal that may come instead."""

from typing import Any, Final

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from app.foundation import identity
from app.kernel.errors import DomainError
from app.views import errors
from app.web.kit.responses.problems import documented

BEARER: Final[list[dict[str, list[str]]]] = [{"bearer": []}]
"""For `security=` of what needs a session."""
KEYED: Final[list[dict[str, list[str]]]] = [*BEARER, {"organisation_key": []}]
"""The same of what an organisation's key may ask for as well."""
SIGNED_IN: Final = (errors.NotSignedIn, identity.TokenExpired, errors.ApiKeyRefused, errors.ApiKeyNotHere)
READ: Final = (errors.JsonMalformed, errors.FieldsInvalid, errors.TooLarge)
"""What reading a body may refuse."""
ONCE: Final = (errors.KeyReused, errors.KeyInProgress)
"""What a used idempotency key may refuse."""


def answers(
    example: msgspec.Struct,
    *refusals: type[DomainError],
    status: int = 200,
    of: Any = None,  # noqa: ANN401 - any type
) -> dict[int, ResponseSpec]:
    """For a handler's `responses=`. The example is built as the answer's own type, so it cannot be of another form.

    `of` is that type where it is generic, which the example does not tell.
    """
    told: dict[int, ResponseSpec] = {
        status: ResponseSpec(
            of or type(example),
            description="",
            generate_examples=False,
            examples=[Example(summary="example", value=as_plain(example))],
        )
    }
    return told | documented(*refusals)


def as_plain(example: msgspec.Struct) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The example as JSON would carry it."""
    return msgspec.json.decode(msgspec.json.encode(example))
