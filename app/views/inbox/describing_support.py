"""Support of a zone in its own unit, in words. Pure but for the donor's name, which the caller hands over."""

from typing import Final

from app.kernel.text import Text
from app.programmes import donations
from app.views.inbox.describing import Before, Description, Line, Said


def support(said: Said, before: Before) -> Description:
    """What two of the zone owner's people agree upon; `before` has the donor's name."""
    kind, quantity, told = donations.supported(said)
    donor = before.get("donor")
    return Description(
        title=Text(zh=f"登记其他支持：{quantity.text.zh}", en=f"Record other support: {quantity.text.en}"),
        about=Text(zh=f"{said['slug']} · {kind.text.zh}", en=f"{said['slug']} · {kind.text.en}"),
        figure=quantity.text,
        lines=(
            Line(_KIND, kind.text),
            Line(_QUANTITY, quantity.text),
            Line(_DONOR, donor if isinstance(donor, Text) else _same(str(said["donor"]))),
            Line(_WHAT, told),
            Line(_RECEIVED, _same(str(said["received_on"]))),
            Line(_DOCUMENT, _same(str(said["document_sha256"]))),
        ),
        outcome=Text(
            zh="同意后在专区公开，按自己的单位列出，不折算成吨；支持方自己同意后才显示名称。",
            en="It is listed in the zone, in its own unit and never as tonnes; the supporter is named once they say so.",
        ),
        link=f"/z/{said['slug']}/board",
    )


def _same(text: str) -> Text:
    return Text(zh=text, en=text)


_KIND: Final = Text(zh="种类", en="Kind")
_QUANTITY: Final = Text(zh="数量", en="Quantity")
_DONOR: Final = Text(zh="支持方", en="Supporter")
_WHAT: Final = Text(zh="内容", en="What it is")
_RECEIVED: Final = Text(zh="收到日期", en="Received on")
_DOCUMENT: Final = Text(zh="证明文件 SHA-256", en="Document's SHA-256")
