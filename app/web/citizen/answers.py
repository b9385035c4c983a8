"""How the API's description tells an answer: a whole example of it, and every refusal that may come instead."""

from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from app.kernel.errors import DomainError
from app.web.problems import documented


def answers(example: msgspec.Struct, *refusals: type[DomainError], status: int = 200) -> dict[int, ResponseSpec]:
    """For a handler's `responses=`. The example is built as the answer's own type, so it cannot be of another form."""
    told: dict[int, ResponseSpec] = {
        status: ResponseSpec(
            type(example),
            description="",
            generate_examples=False,
            examples=[Example(summary="example", value=as_plain(example))],
        )
    }
    return told | documented(*refusals)


def as_plain(example: msgspec.Struct) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The example as JSON would carry it."""
    return msgspec.json.decode(msgspec.json.encode(example))
