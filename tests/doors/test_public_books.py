"""The books for anybody: told from the looks that were written down, in two languages, and never by looking anew."""

from functools import partial

import asyncpg
import pytest

from app.gateways.database import fetch_value
from app.kernel.text import Language
from app.registry import books
from app.web.public import books as public_books
from tests.doors.conftest import PAGE, Door


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    public_books._known.forget()


async def test_before_anybody_has_looked_nothing_is_claimed(door: Door) -> None:
    async with door.caller() as anybody:
        told = (await anybody.get("/api/v1/books")).json()
        assert (told["balanced"], told["as_of"], told["proof"]) == (None, None, None)
        page = await anybody.get("/books", headers=PAGE | {"accept-language": "en"})
        assert page.status_code == 200
        assert "Nobody has looked yet" in page.text and "The books balance" not in page.text


async def test_the_books_tell_where_every_gram_is_and_when_it_was_proved(door: Door) -> None:
    connect = partial(asyncpg.connect, door.stand.app_url)
    async with door.guest() as owner, door.caller() as anybody:
        await door.paid((await owner.order(door.live)).json()["id"])
        await books.reconcile_all(connect=connect)
        runs = await fetch_value("SELECT count(*) FROM books_run")
        told = (await anybody.get("/api/v1/books")).json()
        retired = await fetch_value("SELECT sum(mass_g)::bigint FROM retirement")
        assert (told["balanced"], told["differences"]) == (True, 0)
        assert sum(one["retired_g"] for one in told["programmes"]) == retired > 0
        for one in told["programmes"]:
            assert one["issued_g"] == sum(one[name] for name in ("open_g", "reserved_g", "held_g", "retired_g"))
            assert one["issued_g"] == sum(lot["issued_g"] for lot in one["lots"])
        assert [check["ok"] for check in told["proof"]["checks"]] == [True] * len(told["proof"]["checks"])
        assert told["proof"]["checks"][0]["says"] == books.MEANINGS["slices_chained"].zh

        page = await anybody.get("/books", headers=PAGE)
        assert "账是平的" in page.text and f"{retired:,} g" in page.text
        assert len(page.content) < 60_000 and page.headers["content-security-policy"].startswith("default-src 'self'")
        assert '<a href="/books">公开账目</a>' in (await anybody.get("/verify", headers=PAGE)).text
        assert await fetch_value("SELECT count(*) FROM books_run") == runs, "a reader makes nobody look"


async def test_a_difference_is_told_to_everybody_and_to_whoever_watches(door: Door) -> None:
    async with door.caller() as anybody:
        await door.as_superuser("UPDATE ledger_account SET balance = balance + 3 WHERE path = 'sales' AND unit = 'CNY'")
        await books.reconcile_all(connect=partial(asyncpg.connect, door.stand.app_url))
        await door.as_superuser("UPDATE ledger_account SET balance = balance - 3 WHERE path = 'sales' AND unit = 'CNY'")
        told = (await anybody.get("/api/v1/books")).json()
        assert (told["balanced"], told["differences"]) == (False, 3)
        assert "账目有 3 处不符" in (await anybody.get("/books", headers=PAGE)).text
        metrics = (await anybody.get("/metrics")).text
        assert "books_differences 3.0" in metrics and 'ledger_sum_by_unit{unit="CNY"} 0.0' in metrics
        assert "books_last_run_age_seconds" in metrics and "books_up 1.0" in metrics
        assert 'rows_purged_total{kind="messages"} 0.0' in metrics


async def test_metrics_still_come_while_the_database_is_away(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence() -> books.Gauges:
        raise OSError

    monkeypatch.setitem(door.app.state._state, "gauges", silence)
    async with door.caller() as anybody:
        metrics = (await anybody.get("/metrics")).text
    assert "books_up 0.0" in metrics and "ledger_sum_by_unit" not in metrics and "http_requests_total" in metrics


@pytest.mark.parametrize(
    ("language", "name"), [(Language.ZH, "林草碳普惠减排量"), (Language.EN, "Sichuan forestry and grassland credit")]
)
def test_a_programme_nobody_trades_under_letters_is_headed_by_its_name(language: Language, name: str) -> None:
    card = public_books._card("FORESTRY", [], language)
    assert (card.name, card.meaning) == (name, "")
