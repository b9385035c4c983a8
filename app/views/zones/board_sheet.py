"""The boards of a zone, what covers its event, and every range that was retired, as XLSX."""

from datetime import datetime
from typing import Final

from app.kernel.clock import utc_now
from app.kernel.text import Language, Text
from app.programmes.donations import percent_text
from app.registry import credits, retirements
from app.views import sheets
from app.views.zones.board_story import BoardStory, shown_name

_HEADS: Final = (
    Text(zh="名次", en="Place"),
    Text(zh="捐赠者", en="Donor"),
    Text(zh="克数", en="Grams"),
    Text(zh="笔数", en="Donations"),
    Text(zh="最近划转（北京）", en="Last transfer (Beijing)"),
)
_SUPPORT: Final = (
    Text(zh="种类", en="Kind"),
    Text(zh="支持者", en="Donor"),
    Text(zh="内容", en="What"),
    Text(zh="数量", en="Quantity"),
    Text(zh="单位（金额为分）", en="Unit (money in fen)"),
    Text(zh="收到日期", en="Received on"),
    Text(zh="证明文件 SHA-256", en="Document's SHA-256"),
)
_RANGES: Final = (
    Text(zh="注销编号", en="Retirement"),
    Text(zh="批次", en="Lot"),
    Text(zh="项目", en="Project"),
    Text(zh="起（克）", en="From gram"),
    Text(zh="止（克，不含）", en="To gram (not included)"),
    Text(zh="克数", en="Grams"),
)


async def as_sheet(story: BoardStory, language: Language, *, at: datetime | None = None) -> bytes:
    """What the page says, a row for each place and for each range; every text is text. `at`: when it was read; None: now."""
    figures, zone = story.neutrality, story.zone
    facts: tuple[tuple[Text, int | str], ...] = (
        (Text(zh="专区", en="Zone"), zone.document.name.in_(language)),
        (Text(zh="排放克数（申报）", en="Emissions in grams, as stated"), _known(figures.emission_g)),
        (Text(zh="自身减排克数（申报）", en="Own reductions in grams, as stated"), _known(figures.reduction_g)),
        (Text(zh="捐赠克数", en="Grams given"), figures.donated_g),
        (Text(zh="捐赠已注销克数", en="Grams given and retired"), figures.donors_g),
        (Text(zh="主办方注销克数", en="Grams retired by the organiser"), figures.organiser_g),
        (Text(zh="来宾注销克数（另列）", en="Grams retired by guests, beside"), figures.guests_g),
        (Text(zh="账户余额克数", en="Grams in the account"), figures.held_g),
        (Text(zh="覆盖率 %", en="Coverage %"), _percent(figures.permille)),
        (Text(zh="含来宾覆盖率 %", en="Coverage with guests %"), _percent(figures.permille_with_guests)),
        (Text(zh="导出时间（北京）", en="Exported at (Beijing)"), sheets.beijing(at or utc_now())),
    )
    pages: dict[str, sheets.Rows] = {"说明 About": [(label.in_(language), value) for label, value in facts]}
    for board in story.boards:
        pages[f"榜 {board.code}"[:31]] = [
            tuple(head.in_(language) for head in _HEADS),
            *(
                (
                    row.place,
                    shown_name(story, board, row, language),
                    row.mass_g,
                    row.donations,
                    sheets.beijing(row.reached_at),
                )
                for row in board.rows
            ),
        ]
    if story.support:
        pages["其他支持 Support"] = [tuple(head.in_(language) for head in _SUPPORT), *support_rows(story, language)]
    pages["区段 Ranges"] = [tuple(head.in_(language) for head in _RANGES), *await _ranges(story, language)]
    return await sheets.written(pages)


def support_rows(story: BoardStory, language: Language) -> list[tuple[int | str, ...]]:
    """What was given in units of their own, a row each; the units stand beside and are never added to grams."""
    return [
        (
            group.kind.text.in_(language),
            line.donor.in_(language),
            line.told.in_(language),
            line.quantity.number,
            line.quantity.unit.value,
            line.received_on.isoformat(),
            line.document_sha256,
        )
        for group in story.support
        for line in group.lines
    ]


async def _ranges(story: BoardStory, language: Language) -> list[tuple[int | str, ...]]:
    ids = {one.retirement_id for one in story.donations if one.retirement_id is not None}
    settled = await retirements.find_settled(list(ids)) if ids else []
    lots = await credits.describe_lots([cut.lot_id for one in settled for cut in one.slices])
    return [
        (
            one.number, (lot := lots[cut.lot_id]).code, lot.project.in_(language), cut.start_g, cut.stop_g,
            cut.stop_g - cut.start_g,
        )
        for one in settled
        for cut in one.slices
    ]  # fmt: skip


def _known(mass_g: int | None) -> int | str:
    return mass_g if mass_g is not None else "—"


def _percent(tenths: int | None) -> str:
    return percent_text(tenths) if tenths is not None else "—"
