"""Accounts are rows with an owner: opened once, never changed, and nothing is held where there is none."""

from datetime import UTC, datetime

import asyncpg
import pytest

from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.ids import uuid7
from app.kernel.text import Text
from app.registry import books, holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Account, AccountKind, Amount, Mix
from tests.books import books_add_up
from tests.conftest import Stand
from tests.flow import at_once
from tests.rooms.conftest import connected, open_lot, organisation, refusal

LATER = datetime(2030, 1, 1, tzinfo=UTC)
POOL_NAME = Text(zh="示例赠碳池", en="Sample pool")


async def test_a_party_has_one_holding_however_often_it_is_opened(database: Stand) -> None:
    firm = await organisation("示例公司")
    opened = await at_once(lambda: holdings.open_holding(firm), 6)
    assert len({one.id for one in opened}) == 1
    assert (str(opened[0].account), opened[0].owner_id, opened[0].is_holding) == (f"org:{firm}", firm, True)
    with pytest.raises(holdings.AccountUnknown):
        await holdings.open_holding(uuid7())


async def test_a_named_account_belongs_to_whoever_opened_it_first(database: Stand) -> None:
    firm, other = await organisation("示例公司"), await organisation("示例协会")
    pool = await holdings.open_named(AccountKind.POOL, "fun-run", POOL_NAME, owner_id=firm)
    assert (str(pool.account), pool.name, pool.is_holding) == ("pool:fun-run", POOL_NAME, False)
    again = await holdings.open_named(AccountKind.POOL, "fun-run", Text(zh="别名", en="Another"), owner_id=firm)
    assert again == pool
    with pytest.raises(holdings.AccountTaken):
        await holdings.open_named(AccountKind.POOL, "fun-run", POOL_NAME, owner_id=other)
    with pytest.raises(holdings.AccountUnfit):
        await holdings.open_named(AccountKind.POOL, "Fun Run", POOL_NAME, owner_id=firm)
    with pytest.raises(holdings.AccountUnfit):
        await holdings.open_named(AccountKind.ORGANISATION, "fun-run", POOL_NAME, owner_id=firm)
    own = await holdings.open_holding(firm)
    assert {one.id for one in await holdings.accounts_of([firm])} == {pool.id, own.id}
    assert set(await holdings.find_accounts([pool.id, uuid7()])) == {pool.id}
    with pytest.raises(holdings.AccountUnknown):
        await holdings.find_account(uuid7())


async def test_no_grams_go_where_there_is_no_account(database: Stand) -> None:
    lot = await open_lot()
    nobody = Account.organisation(uuid7())
    gift = Amount(Mix.only(Programme.CDCER), 5)
    async with transaction() as tx:
        with pytest.raises(holdings.AccountUnknown):
            await holdings.transfer("gift", PLATFORM, nobody, gift, reason="x", tx=tx)
    async with connected(database.app_url) as app:
        opened = f"SELECT ledger.open(ARRAY['held:{nobody}:{lot}'], 'g:{lot}', ARRAY['pool'])"
        assert await refusal(app, opened) == ("23503", "ledger_account_of_an_account")


async def test_an_account_stays_as_it_was_opened_and_only_its_function_opens_one(database: Stand) -> None:
    firm = await organisation("示例公司")
    await holdings.open_holding(firm)
    for url, change in (
        (database.owner_url, f"UPDATE account SET owner_id = '{uuid7()}'"),
        (database.owner_url, "DELETE FROM account"),
        (database.owner_url, "TRUNCATE account CASCADE"),
    ):
        async with connected(url) as hand:
            assert (await refusal(hand, change))[0] == "23514"
    async with connected(database.owner_url) as owner:
        insert = (
            "INSERT INTO account (id, kind, owner_id, holder, opened_at)"
            " VALUES (gen_random_uuid(), '{}', '{}', '{}', now())"
        )
        for kind, holder in (
            ("holding", f"org:{uuid7()}"), ("pool", "zone:x"), ("pool", "pool:Up"), ("mint", "mint:x"),
        ):  # fmt: skip
            assert (await refusal(owner, insert.format(kind, firm, holder)))[0] == "23514"
    async with connected(database.app_url) as app:
        assert await refusal(app, "INSERT INTO account SELECT * FROM account") == ("42501", None)


async def test_what_was_set_aside_for_accounts_is_delivered_once_as_a_set(database: Stand) -> None:
    old = await open_lot("C-19", "CDCER-2019-C-1-1", year=2019)
    young = await open_lot("C-24", "CDCER-2024-C-1-2", year=2024)
    firm = await holdings.open_holding(await organisation("示例公司"))
    pool = await holdings.open_named(AccountKind.POOL, "fun-run", POOL_NAME, owner_id=firm.owner_id)
    async with transaction() as tx:
        for purpose, mass_g in (("order:1/1", 1_000_500), ("order:1/2", 300), ("order:1/3", 7)):
            await holdings.reserve(purpose, Programme.CDCER, mass_g, expires_at=LATER, tx=tx)
    targets = {"order:1/1": firm.account, "order:1/2": pool.account, "order:9": pool.account}

    async def deliver() -> set[str]:
        async with transaction() as tx:
            return await holdings.deliver(targets, reason="sale", tx=tx)

    assert sorted(map(len, await at_once(deliver, 4))) == [0, 0, 0, 2]
    assert [(one.lot_id, one.mass_g) for one in await holdings.balances(firm.account)] == [
        (old, 1_000_000),
        (young, 500),
    ]
    assert [one.mass_g for one in await holdings.balances(pool.account)] == [300]
    assert await ledger.balances([f"reserved:{young}"], unit=f"g:{young}") == {f"reserved:{young}": 7}
    rows = await fetch("SELECT cause, source, target, mass_g, reason FROM holding_transfer ORDER BY cause")
    assert [tuple(row.values()) for row in rows] == [
        ("order:1/1", "platform", str(firm.account), 1_000_500, "sale"),
        ("order:1/2", "platform", "pool:fun-run", 300, "sale"),
    ]
    async with transaction() as tx:
        assert await holdings.use_many(["order:1/1"], tx=tx) == {}  # what was delivered is not retired as well
        assert await holdings.release_many(["order:1/1"], tx=tx) == set()
    assert await books_add_up(database.app_url) == []
    assert (await books.prove(connect=lambda: asyncpg.connect(database.app_url))).is_balanced


async def test_a_reservation_is_not_called_delivered_where_nothing_went_over(database: Stand) -> None:
    await open_lot()
    async with transaction() as tx:
        await holdings.reserve("order:1", Programme.CDCER, 5, expires_at=LATER, tx=tx)
    async with connected(database.app_url) as app:
        said = "UPDATE credit_reservation SET state = 'delivered'"
        assert await refusal(app, said) == ("23514", "credit_reservation_delivered_check")
    assert await fetch_value("SELECT state FROM credit_reservation") == "held"
