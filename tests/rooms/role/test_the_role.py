"""Whoever has the application's password cannot make or unmake grams: everything the role may do has a case.

The cases are held against PostgreSQL's own word, so a grant that comes without one fails here, and one that is gone too.
"""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch_value, sqlstate, transaction
from app.kernel.clock import utc_now
from app.registry import retirements
from app.registry.holdings import Account
from tests.rooms.conftest import KEYRING, River, accounts_exist, connected
from tests.rooms.role.approving import APPROVING
from tests.rooms.role.bills import BILLS
from tests.rooms.role.donations import DONATIONS
from tests.rooms.role.functions import FUNCTIONS
from tests.rooms.role.functions_kept import FUNCTIONS_KEPT
from tests.rooms.role.gifts import GIFTS
from tests.rooms.role.grants import FORBIDDEN, Case, expanded, granted
from tests.rooms.role.moderation import MODERATION
from tests.rooms.role.power import POWER
from tests.rooms.role.privacy import PRIVACY
from tests.rooms.role.reads import READS, SEQUENCES
from tests.rooms.role.recovery import RECOVERY
from tests.rooms.role.sharing import SHARING
from tests.rooms.role.statements import STATEMENTS
from tests.rooms.role.wall import WALL
from tests.rooms.role.webhooks import WEBHOOKS
from tests.rooms.role.writes import WRITES
from tests.rooms.role.writes_people import WRITES_PEOPLE
from tests.rooms.role.zones import ZONES
from tests.staff import staff

CASES: dict[str, Case] = {
    **READS,
    **SEQUENCES,
    **WRITES,
    **WRITES_PEOPLE,
    **POWER,
    **APPROVING,
    **FUNCTIONS,
    **FUNCTIONS_KEPT,
    **GIFTS,
    **BILLS,
    **STATEMENTS,
    **DONATIONS,
    **WEBHOOKS,
    **ZONES,
    **MODERATION,
    **WALL,
    **PRIVACY,
    **SHARING,
    **RECOVERY,
}
TRIED = {key: case for key, case in CASES.items() if case.tries}

SWITCHES = (
    "SET ROLE ddt_owner",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "ALTER ROLE ddt_app SUPERUSER",
    "ALTER ROLE ddt_app CREATEROLE",
    "CREATE ROLE evil",
    "CREATE SCHEMA evil",
    "CREATE TABLE public.evil (id int)",
    "CREATE TEMP TABLE ledger_account (path text)",
    "CREATE FUNCTION public.sha256(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION ledger.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION books.prove_evil(bigint) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TRIGGER evil BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change()",
    "CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION ledger.refuse_change()",
    "ALTER TABLE ledger_movement DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_movement DROP CONSTRAINT ledger_movement_retired_stays_check",
    "INSERT INTO ledger_movement (kind, cause, family, source, target) VALUES ('evil', '%', 'g', 'reserved', 'held')",
    "UPDATE ledger_movement SET target = 'held'",
    "DELETE FROM ledger_movement",
    "TRUNCATE ledger_movement",
    "INSERT INTO tortoise_migrations (app, name) VALUES ('models', 'evil')",
    "INSERT INTO outbox_subscription (kind, job, queue) VALUES ('PaymentSucceeded', 'evil', 'evil')",
    "INSERT INTO certificate_series (name, next_no, paper_id) VALUES ('E', 1, 'neutrality')",
    "INSERT INTO credit_price (programme, currency, per_tonne_minor, valid_from) VALUES ('CDCER', 'CNY', 1, '2020-01-01')",
    "UPDATE credit_price SET per_tonne_minor = 1",
    "UPDATE approval SET maker_id = decider_id",
    "DELETE FROM approval",
    "UPDATE approval_event SET actor_id = NULL",
    "UPDATE approval_kind SET decider_roles = maker_roles",
    "SELECT approvals.found('lot', 'x', '{}')",
    "SELECT approvals.bind_effect('lot', 'person')",
    "UPDATE organisation SET is_verified = true",
    "SELECT identity.found_exchange(gen_random_uuid(), 'x', 'x', NULL, NULL)",
    (
        "INSERT INTO membership (id, person_id, organisation_id, role, created_at) SELECT gen_random_uuid(), p.id, o.id,"
        " 'administrator', now() FROM person p, organisation o"
    ),
    "UPDATE membership SET role = 'administrator'",
    "DELETE FROM invitation",
    "UPDATE invitation SET roles = '{administrator}'",
    "INSERT INTO audit_entry (actor_id, action, about, before, after) SELECT id, 'price.set', 'x', NULL, '{}' FROM person",
    "UPDATE audit_entry SET actor_id = actor_id",
    (
        "INSERT INTO consent (person_id, purpose, no, version, language, digest, state, place)"
        " SELECT id, 'wall', 1, 1, 'zh', sha256('x'), 'given', 'page' FROM person"
    ),
    "UPDATE consent SET state = 'given'",
    "DELETE FROM consent",
    "INSERT INTO consent_text (purpose, version, language, digest) VALUES ('wall', 1, 'zh', sha256('x'))",
    "UPDATE content_check SET state = 'passed'",
    "DELETE FROM content_decision",
    "UPDATE avatar SET digest = digest",
    "DELETE FROM keys.payment_notice_key",
    "UPDATE payment_notice SET body = ''",
    "SELECT payments.forget(ARRAY['order:x'])",
    "UPDATE credit_methodology SET suspended_from = NULL",
    "INSERT INTO credit_methodology_decision (programme, code) VALUES ('CDCER', 'x')",
    "DELETE FROM credit_block",
    "INSERT INTO credit_double (lot_id, first_lot_id, found) VALUES (1, 1, 'x')",
    "DELETE FROM limit_count",
    "UPDATE purchase_order SET address_key = NULL",
    (
        "INSERT INTO purchase_order_act (id, order_id, act, by_id, reason, acted_at) SELECT gen_random_uuid(), o.id,"
        " 'reserved', o.payer_id, 'x', now() FROM purchase_order o"
    ),
    "DELETE FROM payment_refund_act",
    (
        "INSERT INTO books_run (kind, scope, started_at, finished_at, checked, differences)"
        " VALUES ('proof', 'all', now(), now(), '[]', '[]')"
    ),
    "INSERT INTO books_look (token, part, lines, looked_at) VALUES (gen_random_uuid(), 'prove_grams', '[]', now())",
    "INSERT INTO retention_tally (name, purged, reached, last_at) VALUES ('evil', 0, 0, now())",
    "INSERT INTO credit_reservation_line (reservation_id, lot_id, mass_g) SELECT id, 1, 5 FROM credit_reservation",
    "SELECT setval('credit_lot_id_seq', 1)",
    "SELECT ledger.move('x', 'x', ARRAY['a', 'b'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1], NULL)",
    "SELECT ledger.open_clearing('evil', 'CNY')",
    "SELECT holdings.give_back('evil', 'release', ARRAY(SELECT id FROM credit_reservation))",
    "SELECT holdings.open('platform', ARRAY[1])",
    "COPY ledger_entry FROM '/dev/null'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY person_key TO '/tmp/evil'",
    "INSERT INTO channel_bill_line (file_id, no) SELECT id, 1 FROM channel_bill_file",
    "UPDATE channel_bill SET state = 'none'",
    "UPDATE bill_difference SET state = 'settled'",
    "DELETE FROM bill_difference",
    "INSERT INTO bill_day (id, day, content, signed_at) VALUES (gen_random_uuid(), '2026-11-28', '{}', now())",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "SELECT pg_reload_conf()",
    "SELECT * FROM pg_authid",
)


@pytest.fixture
async def app(river: River) -> AsyncIterator[Any]:
    """The role on its own connection: one lot, one settled retirement, one requested, an order unpaid, a reservation.

    Beside the guest an operator and an administrator of the platform, who has invited somebody to review.
    """
    await accounts_exist(river.stand, Account.read("person:00000000-0000-7000-8000-000000000001"))
    settled, _ = await river.requested([5, 7])
    async with transaction() as tx:
        await retirements.settle([settled], tx=tx)
    await river.order()
    administrator = await staff(Role.ADMINISTRATOR)
    exchange = await identity.find_exchange()
    assert exchange is not None
    await identity.invite(exchange, [Role.REVIEWER], by=administrator, keyring=KEYRING, now=utc_now())
    async with connected(river.stand.app_url) as connection:
        yield connection


async def _refused(connection: Any, statement: str) -> tuple[str | None, str | None]:
    tried = connection.transaction()
    await tried.start()
    try:
        await connection.execute("SET LOCAL statement_timeout = '10s'")
        await connection.execute(statement)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except asyncpg.PostgresError as refusal:
        return sqlstate(refusal), constraint(refusal)
    finally:
        await tried.rollback()
    return None, None


async def test_every_grant_of_the_role_has_a_case_and_every_case_its_grant(app: Any) -> None:
    cased = [grant for key in CASES for grant in expanded(key)]
    assert len(cased) == len(set(cased)), "a grant has two cases"
    found = await granted(app)
    assert found - set(cased) == set(), "these grants have no case: say what harm each could do, and try it"
    assert set(cased) - found == set(), "these cases are about grants that are gone"


def test_every_case_says_what_harm_it_could_do_and_is_tried_or_says_why_it_is_harmless() -> None:
    assert [key for key, case in CASES.items() if not case.harm or not (case.tries or case.harmless)] == []


@pytest.mark.parametrize("key", sorted(TRIED))
async def test_postgresql_refuses_what_a_grant_is_misused_for(app: Any, river: River, key: str) -> None:
    assert river.lot_id == 1, "the tries name lot 1"
    for statement, wanted in TRIED[key].tries:
        state, name = await _refused(app, statement)
        assert wanted in (state, name), (statement, state, name)


async def test_what_the_role_was_not_granted_it_does_not_do(app: Any) -> None:
    for statement in SWITCHES:
        state, _ = await _refused(app, statement)
        assert state in {FORBIDDEN, "22023"}, (statement, state)  # 22023: no role of that name on somebody's own server


async def test_the_application_cannot_open_a_clearing_account_and_mint_five_tonnes_from_it(app: Any) -> None:
    opened = "SELECT ledger.open(ARRAY['clearing:evil'], 'g:1', ARRAY['external'])"
    moved = (
        "SELECT ledger.post('evil', 'evil', ARRAY['clearing:evil', 'inventory:1'], ARRAY['g:1', 'g:1'],"
        " ARRAY[-5000000, 5000000])"
    )
    assert await _refused(app, opened) == (FORBIDDEN, "ledger_account_known")
    assert await _refused(app, moved) == (FORBIDDEN, "ledger_movement_by_application")


async def test_the_application_cannot_verify_an_organisation_or_give_itself_a_role_in_one_statement(app: Any) -> None:
    born = (
        "INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at)"
        " VALUES (gen_random_uuid(), 'x', 'x', 'company', true, now())"
    )
    given = (
        "INSERT INTO membership (id, person_id, organisation_id, role, created_at)"
        " SELECT gen_random_uuid(), p.id, o.id, 'administrator', now() FROM person p, organisation o"
    )
    assert await _refused(app, born) == (FORBIDDEN, "organisation_is_not_born_verified")
    assert await _refused(app, given) == (FORBIDDEN, None)


async def test_nothing_ever_leaves_retired_whatever_the_table_says_and_whoever_moves_it(app: Any, river: River) -> None:
    row = (
        "INSERT INTO ledger_movement (kind, cause, family, source, target) VALUES ('back', '%', 'g', 'retired', 'held')"
    )
    move = (
        "SELECT ledger.move('x', '{kind}', ARRAY['retired:1', '{to}:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1]::bigint[])"
    )
    by_hand = "UPDATE ledger_account SET balance = balance - 1 WHERE path = 'retired:1'"
    loosened = "ALTER TABLE ledger_movement DROP CONSTRAINT ledger_movement_retired_stays_check; "
    async with connected(river.stand.owner_url) as owner:
        assert await _refused(owner, row) == ("23514", "ledger_movement_retired_stays_check")
        assert await _refused(owner, move.format(kind="retire", to="reserved")) == ("23514", "ledger_movement_allowed")
        assert await _refused(owner, by_hand) == ("23514", "ledger_account_retired_stays")
        loose = loosened + row.replace("'held')", "'reserved')") + "; " + move.format(kind="back", to="reserved")
        assert await _refused(owner, loose) == ("23514", "ledger_account_retired_stays")


SHAPES = (
    # cause, kind, paths, units, amounts: no transfer that anybody would write
    "'settle:evil', 'retire', ARRAY['reserved:1', 'retired:1', 'inventory:1'], ARRAY['g:1', 'g:1', 'g:1'], ARRAY[-2, 1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1', 'retired:1'], ARRAY['g:1', 'g:1', 'g:1'], ARRAY[-2, 1, 1]",
    "'open:evil', 'open_lot', ARRAY['inventory:1', 'source:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1'], ARRAY['g:1'], ARRAY[1]",
    "'open:evil', 'open_lot', ARRAY['inventory:1'], ARRAY['g:1'], ARRAY[1]",
    "'open:evil', 'open_lot', ARRAY['inventory:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[5, -5]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[0, 0]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 2]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, NULL]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'CNY'], ARRAY[-1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1'], ARRAY[-1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1', NULL], ARRAY['g:1', 'g:1'], ARRAY[-1, 1]",
    "'open:evil', 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-9223372036854775808, 1]",
    "NULL, 'open_lot', ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1]",
    "'open:evil', NULL, ARRAY['source:1', 'inventory:1'], ARRAY['g:1', 'g:1'], ARRAY[-1, 1]",
    "'open:evil', 'open_lot', NULL, NULL, NULL",
    "'open:evil', 'open_lot', ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::bigint[]",
    "'sale:evil', 'sale', ARRAY['prepaid', 'sales', 'sales'], ARRAY['CNY', 'CNY', 'USD'], ARRAY[0, 0, 1]",
)  # fmt: skip


@pytest.mark.parametrize("function", ["post", "post_as_application"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_no_odd_shape_of_a_transfer_moves_anything(app: Any, function: str, shape: str) -> None:
    accounts = "md5(string_agg(a::text, ',' ORDER BY a.id))"
    before = await app.fetchval(f"SELECT {accounts} FROM ledger_account a")
    same = f"SELECT 1 / (CASE WHEN {accounts} = '{before}' THEN 1 ELSE 0 END) FROM ledger_account a"
    state, name = await _refused(app, f"SELECT ledger.{function}({shape}, NULL); {same}")
    assert state not in {"22012", "XX000"}, (
        shape,
        state,
        name,
    )  # 22012: it was posted, and accounts are not as they were


async def test_an_account_stays_what_it_was_opened_as(app: Any, river: River) -> None:
    async with connected(river.stand.owner_url) as owner:
        for change in ("kind = 'external'", "path = 'inventory:9'", "unit = 'g:9'"):
            attack = f"UPDATE ledger_account SET {change} WHERE path = 'retired:1'"
            assert await _refused(owner, attack) == ("23514", "ledger_account_stays")


async def test_the_movements_are_exactly_these(app: Any) -> None:
    """A row more is a decision: its migration adds it here."""
    rows = await app.fetch(
        "SELECT kind, family, source, target FROM ledger_movement ORDER BY family, kind, source, target"
    )
    told = [f"{row['kind']}: {row['family']} {row['source']} -> {row['target']}" for row in rows]
    money = [
        f"{kind}: {unit} {way}"
        for unit in ("CNY", "USD")
        for kind, way in (
            ("sale", "prepaid -> sales"),
            ("payment", "clearing -> prepaid"),
            ("refund", "prepaid -> clearing"),
            ("reversal", "sales -> prepaid"),
            ("reversed", "clearing -> clearing"),
            ("lost_time", "clearing -> clearing"),
            ("lost_time_back", "clearing -> clearing"),
        )
    ]
    grams = [
        "open_lot: g source -> inventory",
        "quarantine: g inventory -> retired",
        "release: g reserved -> held",
        "release: g reserved -> inventory",
        "reserve: g held -> reserved",
        "reserve: g inventory -> reserved",
        "retire: g reserved -> retired",
        "transfer: g held -> held",
        "transfer: g held -> inventory",
        "transfer: g inventory -> held",
        "transfer: g reserved -> held",
        "withdraw: g reserved -> held",
        "withdraw: g reserved -> inventory",
    ]
    assert sorted(told) == sorted([*money, *grams])


async def test_after_all_tries_the_books_add_up(app: Any) -> None:
    for case in CASES.values():
        for statement, _ in case.tries:
            await _refused(app, statement)
    assert await fetch_value('SELECT array_agg("check") FROM books.prove() WHERE NOT ok') is None
