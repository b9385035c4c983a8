"""An exchange rate in words: what two people agree upon, and where both of them can read it."""

from app.kernel.text import Text
from app.registry.credits import rate_text
from app.views.inbox.describing import Before, Description, Line, Said


def exchange_rate(said: Said, before: Before) -> Description:
    """What a US dollar was worth on a day."""
    rate = f"1 {said['currency']} = {rate_text(said['base_minor'])} {said['base']}"
    return Description(
        title=Text(zh=f"汇率 {rate}", en=f"Exchange rate {rate}"),
        about=_same(str(said["day"])),
        figure=_same(rate),
        lines=(
            Line(Text(zh="汇率", en="Rate"), _same(rate), _same(before["rate"]) if "rate" in before else None),
            Line(
                Text(zh="日期", en="Day"),
                _same(str(said["day"])),
                _same(str(before["day"])) if "day" in before else None,
            ),
            Line(Text(zh="来源", en="Source"), _same(said["source"])),
            Line(Text(zh="网址", en="Address"), _same(said["url"])),
        ),
        outcome=Text(
            zh="请对照来源核实。同意后用于此后的美元订单，之前的订单汇率不变。",
            en="Look it up at its source. It then prices orders in US dollars; earlier orders keep their rate.",
        ),
        link="/operator/rates",
    )


def _same(text: str) -> Text:
    return Text(zh=text, en=text)
