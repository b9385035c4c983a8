"""The contribution boards of a zone as the API tells them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from app.kernel.clock import rfc3339
from app.kernel.text import Language, Text
from app.programmes.donations import SupportKind, SupportUnit, percent_text
from app.views.certificates.coverage import TextView
from app.views.zones.board_story import BoardStory, shown_name
from app.views.zones.support_groups import SupportGroup


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    place: int
    name: TextView
    """The donor's, a person's first letter, or the board's words for whoever does not want to be named."""
    is_anonymous: bool
    grams: int
    donations: int
    reached_at: str
    """When the last of them came: of equal sums the earlier stands first."""


class BoardPlacesView(msgspec.Struct, frozen=True, kw_only=True):
    """A board by its live definition, and who stands on it."""

    code: Annotated[str, msgspec.Meta(examples=["organisations"])]
    of: Literal["organisation", "person"]
    version: int
    """Of its definition."""
    what: Literal["donations"] = "donations"
    """Only what was transferred counts; an intent never does."""
    since: date
    minimum_grams: int
    places: tuple[PlaceView, ...]


class SupportView(msgspec.Struct, frozen=True, kw_only=True):
    """What one donor gave in a unit of its own; never added to grams."""

    kind: SupportKind
    unit: SupportUnit
    quantity: int
    """Of the unit; money in fen."""
    text: TextView
    """The quantity as it is printed."""
    what: TextView
    donor: TextView
    is_anonymous: bool
    received_on: date
    document_sha256: Annotated[str, msgspec.Meta(examples=["9f" * 32])]
    """Of the paper that shows it; the zone's owner keeps the paper."""


class BoardsView(msgspec.Struct, frozen=True, kw_only=True):
    """What was given to a zone, and what it covers."""

    zone: Annotated[str, msgspec.Meta(examples=["sample-games"])]
    given_grams: int
    """Transferred, whether retired by now or not."""
    donors: int
    donors_retired_grams: int
    organiser_retired_grams: int
    guests_retired_grams: int
    """Beside the coverage."""
    account_grams: int
    emission_grams: int | None
    """As stated; null: not stated."""
    percent: Annotated[str, msgspec.Meta(examples=["106.2"])] | None
    """Retired of the donors' and the organiser's, against emissions; may exceed a hundred."""
    percent_with_guests: str | None
    retirement: Annotated[str, msgspec.Meta(examples=["R-20261206-GH9WGTJ3"])] | None
    """Of all of the account; null while something that was given is not retired."""
    compared_at: str | None
    """When the boards were last compared with the ledger."""
    is_agreeing: bool
    boards: tuple[BoardPlacesView, ...]
    support: tuple[SupportView, ...]
    """Beside all of it, each in its own unit."""


def support_views(groups: Sequence[SupportGroup]) -> tuple[SupportView, ...]:
    """As JSON, in the order of the page."""
    return tuple(
        SupportView(
            kind=group.kind,
            unit=line.quantity.unit,
            quantity=line.quantity.number,
            text=_both(line.quantity.text),
            what=_both(line.told),
            donor=_both(line.donor),
            is_anonymous=line.is_anonymous,
            received_on=line.received_on,
            document_sha256=line.document_sha256,
        )
        for group in groups
        for line in group.lines
    )


def _both(text: Text) -> TextView:
    return TextView(zh=text.zh, en=text.en)


def boards_view(story: BoardStory) -> BoardsView:
    """As JSON."""
    figures = story.neutrality
    return BoardsView(
        zone=story.zone.slug,
        given_grams=figures.donated_g,
        donors=len({one.donor_id for one in story.donations}),
        donors_retired_grams=figures.donors_g,
        organiser_retired_grams=figures.organiser_g,
        guests_retired_grams=figures.guests_g,
        account_grams=figures.held_g,
        emission_grams=figures.emission_g,
        percent=percent_text(figures.permille) if figures.permille is not None else None,
        percent_with_guests=percent_text(figures.permille_with_guests)
        if figures.permille_with_guests is not None
        else None,
        retirement=story.retired_by,
        compared_at=rfc3339(story.compared_at) if story.compared_at else None,
        is_agreeing=story.is_agreeing,
        boards=tuple(
            BoardPlacesView(
                code=board.code,
                of=board.giver_kind.value,
                version=board.version,
                since=board.since,
                minimum_grams=board.minimum_g,
                places=tuple(
                    PlaceView(
                        place=row.place,
                        name=TextView(
                            zh=shown_name(story, board, row, Language.ZH), en=shown_name(story, board, row, Language.EN)
                        ),
                        is_anonymous=(row.donor_id, row.shown_as) not in story.names,
                        grams=row.mass_g,
                        donations=row.donations,
                        reached_at=rfc3339(row.reached_at),
                    )
                    for row in board.rows
                ),
            )
            for board in story.boards
        ),
        support=support_views(story.support),
    )


SUPPORT_EXAMPLE: Final = SupportView(
    kind=SupportKind.GREEN_CERTIFICATE, unit=SupportUnit.CERTIFICATE, quantity=1_200,
    text=TextView(zh="1,200 张", en="1,200 certificates"),
    what=TextView(zh="示例风电场 2026 年绿证", en="Certificates of a sample wind farm, 2026"),
    donor=TextView(zh="示例能源集团", en="Sample Energy Group"), is_anonymous=False, received_on=date(2026, 11, 5),
    document_sha256="9f" * 32,
)  # fmt: skip
EXAMPLE: Final = BoardsView(
    zone="sample-games", given_grams=397_695_000_000, donors=5, donors_retired_grams=397_695_000_000,
    organiser_retired_grams=0, guests_retired_grams=12_755_000, account_grams=0, emission_grams=374_600_000_000,
    percent="106.2", percent_with_guests="106.2", retirement="R-20261206-GH9WGTJ3",
    compared_at="2026-12-07T02:00:00+08:00", is_agreeing=True,
    boards=(
        BoardPlacesView(
            code="organisations", of="organisation", version=2, since=date(2026, 11, 1), minimum_grams=1_000_000,
            places=(
                PlaceView(
                    place=1, name=TextView(zh="示例能源集团", en="Sample Energy Group"), is_anonymous=False,
                    grams=300_000_000_000, donations=1, reached_at="2026-11-03T10:00:00+08:00",
                ),
            ),
        ),
    ),
    support=(SUPPORT_EXAMPLE,),
)  # fmt: skip
