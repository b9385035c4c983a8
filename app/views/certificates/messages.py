"""What a message in WeChat says of a certificate: what it is of, its number, when; nothing of a person."""

from collections.abc import Iterable
from typing import Final

from app.certificates import NEUTRALITY, CertificateFacts
from app.foundation.messages import MessageKind, NewMessage, fit_title
from app.kernel import ids
from app.kernel.clock import BEIJING
from app.kernel.text import Language

PAGE: Final = "pages/certificate/index"
"""Of the mini-program."""


def certificate_messages(found: Iterable[CertificateFacts]) -> list[NewMessage]:
    """One for each first version of a certificate of neutrality; a later version is no news to its holder."""
    return [
        NewMessage(
            kind=MessageKind.CERTIFICATE,
            about=f"certificate:{one.id}",
            person_id=one.holder_id,
            page=f"{PAGE}?id={ids.public('crt', one.id)}",
            values={
                "thing1": fit_title(one.record["subject"][one.language]),
                "character_string2": one.number,
                "time3": f"{one.issued_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
            },
            language=Language(one.language),
        )
        for one in found
        if one.version == 1 and one.paper == NEUTRALITY.code
    ]
