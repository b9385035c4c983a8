"""What a person shares, who read it, and their statements: as the page and the JSON of their account tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app import certificates
from app.certificates import NAME_PURPOSE, PaperFacts
from app.foundation import identity
from app.foundation.identity import Keyring
from app.kernel import ids
from app.kernel.days import Period
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Granularity, NewStatement, Read, Share, ShareState, Statement
from app.views.account_sharing.pages import ReadLine, ShareCard, StatementLine
from app.views.orders import ordering

HERE: Final = "/me/sharing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSharing:
    """All of it, the latest first."""

    shares: tuple[ShareCard, ...]
    reads: tuple[ReadLine, ...]


async def sharing_of(person_id: UUID, language: Language, *, today: date) -> OwnSharing:
    """What this person answered, and every read of it; three queries, however much that is."""
    shares, reads = await sharing.shares_of(person_id, today=today), await sharing.reads_of(person_id)
    names = await names_of((*(one.request.organisation_id for one in shares), *(one.organisation_id for one in reads)))
    return OwnSharing(
        shares=tuple(share_card(one, names[one.request.organisation_id][language], language) for one in shares),
        reads=tuple(_read(one, names[one.organisation_id][language]) for one in reads),
    )


async def find_card(request_id: UUID, language: Language, *, by: UUID, today: date) -> ShareCard:
    """One of them.

    Raises:
        ShareUnknown: this person answered no such request.
    """
    found = await sharing.find_share(request_id, by=by, today=today)
    names = await names_of([found.request.organisation_id])
    return share_card(found, names[found.request.organisation_id][language], language)


async def statements_of(person_id: UUID, *, most: int) -> tuple[StatementLine, ...]:
    """Their statements, the latest first; two queries."""
    return await _lines((await sharing.statements_of(person_id))[:most])


async def find_statement(statement_id: UUID) -> StatementLine:
    """One that was just made, for whoever made it."""
    (line,) = await _lines(await sharing.find_statements([statement_id]))
    return line


async def make_statement(
    period: Period,
    granularity: Granularity,
    name: str,
    *,
    by: UUID,
    key: str,
    language: Language,
    keyring: Keyring,
    today: date,
) -> UUID:
    """Keep the figures as they stand; the paper follows in seconds. The same key makes no second one.

    Raises:
        NameUnfit, NotPrintable: the name cannot stand on the paper.
        ShareUnfit, ShareKeyUsedOtherwise: as `sharing.make_statement` has them.
    """
    plain = await ordering.fit_name(name)
    sealed = await identity.seal(by, plain, purpose=NAME_PURPOSE, keyring=keyring) if plain else None
    new = NewStatement(period=period, granularity=granularity, name_sealed=sealed, language=language.value)
    return await sharing.make_statement(new, by=by, key=key, today=today)


def share_card(one: Share, organisation: str, language: Language) -> ShareCard:
    """A share as it is shown."""
    asked, shown = one.request, ids.public("shr", one.request.id)
    granted = one.books if one.state is not ShareState.REFUSED else ()
    return ShareCard(
        id=shown,
        organisation=organisation,
        purpose=asked.purpose.in_(language),
        state=one.state,
        granted=tuple(book.value for book in granted),
        withheld=tuple(book.value for book in asked.books if book not in granted),
        granularity=asked.granularity,
        period_from=asked.period_from,
        period_to=asked.period_to,
        answered_at=one.answered_at,
        revoked_at=one.revoked_at,
        until=asked.share_until,
        revoke_url=f"{HERE}/{shown}/revoke" if one.state is ShareState.LIVE else None,
    )


async def names_of(organisation_ids: Iterable[UUID]) -> dict[UUID, dict[Language, str]]:
    """What these organisations are called, in each language."""
    wanted = set(organisation_ids)
    cards = await identity.introduce(wanted) if wanted else {}
    return {
        id_: {language: one.name.in_(language) if one.name else "" for language in Language}
        for id_, one in cards.items()
    }


def _read(one: Read, organisation: str) -> ReadLine:
    key_end = ids.public("key", one.key_id)[-4:]
    return ReadLine(
        share_id=ids.public("shr", one.request_id),
        organisation=organisation,
        key_end=key_end,
        at=one.at,
        outcome=one.outcome,
    )


async def _lines(found: Sequence[Statement]) -> tuple[StatementLine, ...]:
    causes = [sharing.cause_of(one.id) for one in found]
    papers = await certificates.newest_of(sharing.ACCOUNT_STATEMENT.code, causes) if causes else {}
    return tuple(_line(one, papers.get(cause)) for one, cause in zip(found, causes, strict=True))


def _line(one: Statement, paper: PaperFacts | None) -> StatementLine:
    base = f"{HERE}/statements/{ids.public('crt', paper.id)}" if paper else ""
    return StatementLine(
        id=ids.public("sta", one.id),
        period_from=one.period_from,
        period_to=one.period_to,
        granularity=one.granularity,
        made_at=one.made_at,
        number=paper.number if paper else None,
        verify_url=f"/v/{paper.verify_code}" if paper else "",
        pdf_zh_url=f"{base}/zh.pdf" if paper else "",
        pdf_en_url=f"{base}/en.pdf" if paper else "",
        json_url=f"{base}/record.json" if paper else "",
    )
