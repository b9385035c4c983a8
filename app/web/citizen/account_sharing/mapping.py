"""From shares, reads and statements to the lines of a page, in the reader's language."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from app import certificates
from app.foundation import identity
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Read, Request, Share, ShareState, Statement
from app.views.account_sharing.pages import AskPage, ReadLine, RevokePage, ShareCard, SharingPage, StatementLine
from app.views.services import Services
from app.web.kit.security import forms
from app.web.kit.security.guards import Session

HERE = "/me/sharing"
_STATEMENTS_SHOWN = 5


def today(services: Services) -> date:
    """The present day in Beijing."""
    return beijing_day(services.gateways.clock())


async def sharing_page(
    visitor: Session | None,
    language: Language,
    services: Services,
    *,
    fact: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> SharingPage:
    """What this person shares, and with whom; empty for somebody whom nobody knows yet."""
    shares: list[Share] = []
    reads: list[Read] = []
    statements: tuple[StatementLine, ...] = ()
    now = today(services)
    if visitor is not None:
        shares = await sharing.shares_of(visitor.person_id, today=now)
        reads = await sharing.reads_of(visitor.person_id)
        statements = await _statements(visitor.person_id)
    names = await _names((*(one.request.organisation_id for one in shares), *(one.organisation_id for one in reads)))
    intent = str(ids.uuid7())
    return SharingPage(
        here=HERE,
        sandbox=services.issuer.is_sandbox,
        is_known=visitor is not None,
        shares=tuple(card(one, names[one.request.organisation_id], language) for one in shares),
        reads=tuple(
            ReadLine(
                organisation=names[one.organisation_id][language],
                key_end=ids.public("key", one.key_id)[-4:],
                at=one.at,
                outcome=one.outcome,
            )
            for one in reads
        ),
        statements=statements,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        typed=typed or {"period_from": date(now.year, 1, 1).isoformat(), "period_to": now.isoformat()},
        notice=fact.message().in_(language) if fact else None,
        fault_field=(fact.field or "").lstrip("/") if fact else "",
    )


async def ask_page(
    one: Request, visitor: Session | None, language: Language, services: Services, *, fact: DomainError | None = None
) -> AskPage:
    """A request as the person reads it before they answer."""
    names = await _names([one.organisation_id])
    intent = str(ids.uuid7())
    return AskPage(
        here=f"{HERE}/ask?code={one.code}",
        sandbox=services.issuer.is_sandbox,
        is_known=visitor is not None,
        may_answer=visitor is not None and await sharing.may_share(visitor.person_id),
        code=one.code,
        organisation=names[one.organisation_id][language],
        purpose=one.purpose.in_(language),
        books=tuple(book.value for book in one.books),
        granularity=one.granularity,
        period_from=one.period_from,
        period_to=one.period_to,
        until=one.share_until,
        asked_at=one.asked_at,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        notice=fact.message().in_(language) if fact else None,
    )


async def revoke_page(one: Share, language: Language, services: Services) -> RevokePage:
    """What taking one back means."""
    names = await _names([one.request.organisation_id])
    intent = str(ids.uuid7())
    shown = card(one, names[one.request.organisation_id], language)
    return RevokePage(
        here=f"{HERE}/{shown.id}/revoke",
        sandbox=services.issuer.is_sandbox,
        share=shown,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
    )


def card(one: Share, name: dict[Language, str], language: Language) -> ShareCard:
    """A share as a page shows it."""
    asked, shown = one.request, ids.public("shr", one.request.id)
    granted = one.books if one.state is not ShareState.REFUSED else ()
    return ShareCard(
        id=shown,
        organisation=name[language],
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


async def _statements(person_id: UUID) -> tuple[StatementLine, ...]:
    found = (await sharing.statements_of(person_id))[:_STATEMENTS_SHOWN]
    causes = [sharing.cause_of(one.id) for one in found]
    papers = await certificates.newest_of(sharing.ACCOUNT_STATEMENT.code, causes) if found else {}
    return tuple([await _statement(one, papers.get(sharing.cause_of(one.id)), person_id) for one in found])


async def _statement(one: Statement, paper: tuple[UUID, str] | None, person_id: UUID) -> StatementLine:
    line = StatementLine(
        period_from=one.period_from, period_to=one.period_to, granularity=one.granularity, made_at=one.made_at
    )
    if paper is None:
        return line
    found = await certificates.find(paper[0], by=person_id, paper=sharing.ACCOUNT_STATEMENT.code)
    base = f"{HERE}/statements/{ids.public('crt', found.id)}"
    return StatementLine(
        period_from=one.period_from,
        period_to=one.period_to,
        granularity=one.granularity,
        made_at=one.made_at,
        number=found.number,
        verify_url=f"/v/{found.verify_code}",
        pdf_zh_url=f"{base}/zh.pdf",
        pdf_en_url=f"{base}/en.pdf",
        json_url=f"{base}/record.json",
    )


async def _names(organisation_ids: Iterable[UUID]) -> dict[UUID, dict[Language, str]]:
    wanted = set(organisation_ids)
    cards = await identity.introduce(wanted) if wanted else {}
    return {
        id_: {language: one.name.in_(language) if one.name else "" for language in Language}
        for id_, one in cards.items()
    }
