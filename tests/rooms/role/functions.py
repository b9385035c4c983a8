"""The functions in the role's reach, with evil parameters. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import FORBIDDEN, Case

_ONE: Final = "text, text, text[], text[], bigint[], text"
_MANY: Final = "text[], text[], text[], integer[], text[], text[], bigint[]"
LOT: Final = "(SELECT min(id) FROM credit_lot)"


def _post(name: str, cause: str, kind: str, source: str, target: str, unit: str, amount: int = 1) -> str:
    return (
        f"SELECT ledger.{name}('{cause}', '{kind}', ARRAY['{source}', '{target}'], ARRAY['{unit}',"
        f" '{unit}'], ARRAY[-{amount}, {amount}], NULL)"
    )


def _set(name: str, cause: str, kind: str, source: str, target: str, unit: str) -> str:
    """A set of one."""
    return (
        f"SELECT * FROM ledger.{name}(ARRAY['{cause}'], ARRAY['{kind}'], ARRAY[NULL]::text[], ARRAY[1, 1], ARRAY['{source}',"
        f" '{target}'], ARRAY['{unit}', '{unit}'], ARRAY[-1, 1])"
    )


_MOVES: Final = (
    # cause, kind, source, target, unit, what refuses it
    ("release:evil", "release", "retired:1", "inventory:1", "g:1", FORBIDDEN),
    ("settle:evil", "retire", "retired:1", "inventory:1", "g:1", FORBIDDEN),
    ("release:evil", "release", "reserved:1", "inventory:1", "g:1", FORBIDDEN),
    ("settle:evil", "retire", "reserved:1", "retired:1", "g:1", FORBIDDEN),
    ("reserve:evil", "reserve", "inventory:1", "reserved:1", "g:1", FORBIDDEN),
    ("payment:evil", "payment", "source:1", "inventory:1", "g:1", FORBIDDEN),
    ("payment:evil", "payment", "clearing:wechatpay", "prepaid", "CNY", "payment_posted_as_it_is"),
    ("payment:evil", "payment", "clearing:wechatpay", "sales", "CNY", "ledger_movement_allowed"),
    ("evil", "payment", "clearing:wechatpay", "prepaid", "CNY", "ledger_movement_allowed"),
    ("refund:evil", "refund", "prepaid", "clearing:wechatpay", "CNY", "ledger_account_floor_check"),
    ("sale:evil", "sale", "prepaid", "sales", "CNY", "ledger_account_floor_check"),
    ("fulfil:evil", "fulfil", "prepaid", "sales", "CNY", "ledger_movement_allowed"),
    ("reversal:evil", "reversal", "sales", "prepaid", "CNY", "ledger_account_floor_check"),
    ("mint:evil", "mint", "clearing:wechatpay", "prepaid", "CNY", "ledger_movement_allowed"),
)
_OPENINGS: Final = (
    ("open:evil", "open_lot", "retired:1", "inventory:1", "g:1", "ledger_movement_allowed"),
    ("open:evil", "open_lot", "reserved:1", "retired:1", "g:1", "ledger_movement_allowed"),
    ("open:evil", "open_lot", "source:1", "retired:1", "g:1", "ledger_movement_allowed"),
    ("open:evil", "open_lot", "source:1", "inventory:1", "g:1", "credit_lot_opened_once"),
    ("evil", "open_lot", "source:1", "inventory:1", "g:1", "ledger_movement_allowed"),
)
_ALONE = tuple((*move[:5], move[5]) for move in (*_MOVES, *_OPENINGS))


def _posting(name: str) -> Case:
    return Case(
        "moves grams or money from anywhere to anywhere",
        tuple((_post(name, *move[:5]), move[5]) for move in _ALONE),
    )


def _posting_sets(name: str) -> Case:
    return Case(
        "moves grams or money from anywhere to anywhere, in a set",
        tuple((_set(name, *move[:5]), move[5]) for move in _MOVES)
        + tuple((_set(name, *move[:5]), FORBIDDEN) for move in _OPENINGS),
    )


_OPENED: Final = (
    *tuple(
        (f"SELECT ledger.open(ARRAY['{path}'], '{unit}', ARRAY['{kind}'])", "ledger_account_known")
        for path, unit, kind in (
            ("clearing:evil", "CNY", "external"),
            ("clearing:evil", "g:1", "external"),
            ("prepaid:evil", "CNY", "external"),
            ("sales", "EUR", "external"),
            ("source:99", "g:99", "external"),
            ("source:99", "g:1", "external"),
            ("source:evil:1", "g:1", "external"),
            ("source:1 ", "g:1", "external"),
            ("held:evil:1", "g:1", "external"),
            ("inventory:99", "g:99", "pool"),
            ("inventory:evil:1", "g:1", "pool"),
            ("retired:2", "g:1", "pool"),
            ("evil", "g:1", "pool"),
            ("evil", "CNY", "pool"),
        )
    ),
    ("SELECT ledger.open(ARRAY[NULL, 'prepaid'], 'EUR', ARRAY['pool', 'pool'])", "ledger_account_known"),
)

_RESERVE: Final = (
    "SELECT holdings.reserve(gen_random_uuid(), 'evil', '{holder}', 'CDCER', NULL, now() + interval '1"
    " hour', ARRAY[{lots}]::bigint[],"
    " ARRAY[{grams}]::bigint[])"
)
_TRANSFER: Final = (
    "SELECT holdings.transfer('evil', 'x', '{source}', '{target}', 'x', NULL, ARRAY[{lots}]::bigint[],"
    " ARRAY[{grams}]::bigint[])"
)
_ME: Final = "person:00000000-0000-7000-8000-000000000001"

_CERTIFICATE: Final = (
    "SELECT certificates.issue('neutrality', 'H', jsonb_build_array(jsonb_build_object('id', gen_random_uuid(),"
    " 'cause', 'retirement:' || r.id, 'retirement_id', r.id, 'claim_id', c.id,"
    " 'holder_id', {holder}, 'scenario_id', c.scenario_id, 'number', 'C-evil', 'verify_code',"
    " 'EVIL000000', 'version', {version},"
    " 'record', '{record}', 'language', 'zh', 'issued_at', now())))"
    " FROM retirement r JOIN claim c ON c.id = r.claim_id, person p WHERE r.state = '{state}'"
)
_CERTIFICATE_REFUSED: Final = "certificate_of_its_retirement"

_READS: Final = Case("reads", harmless="it reads what the role may read, as the role, and writes nothing")

FUNCTIONS: Final = {
    f"EXECUTE ledger.post({_ONE})": _posting("post"),
    f"EXECUTE ledger.post_as_application({_ONE})": _posting("post_as_application"),
    f"EXECUTE ledger.post_many({_MANY})": _posting_sets("post_many"),
    f"EXECUTE ledger.post_many_as_application({_MANY})": _posting_sets("post_many_as_application"),
    "EXECUTE ledger.open(text[], text, text[])": Case(
        "opens an account without a floor, or one that nothing knows", _OPENED
    ),
    "EXECUTE holdings.account(text, bigint)": _READS,
    "EXECUTE claims.digest(text)": _READS,
    "EXECUTE retirements.settled_for(uuid, uuid, timestamp with time zone)": _READS,
    "EXECUTE holdings.line_up(text, text[])": Case(
        "holds locks", harmless="for the length of its transaction, which ends by its time limit"
    ),
    "EXECUTE holdings.reserve(uuid, text, text, text, text, timestamp with time zone, bigint[], bigint[])": Case(
        "sets aside grams that are not there, or less than none",
        (
            (_RESERVE.format(holder="platform", lots="1", grams="-5"), "credit_reservation_mass_check"),
            (_RESERVE.format(holder="platform", lots="1, 1", grams="9, -5"), "credit_reservation_line_mass_check"),
            (_RESERVE.format(holder="platform", lots="1, 1", grams="9, 5"), "credit_reservation_line_lot_key"),
            (_RESERVE.format(holder="platform", lots="1", grams="900000000000"), "ledger_account_floor_check"),
            (_RESERVE.format(holder="reserved", lots="1", grams="5"), "credit_reservation_account_fkey"),
            (_RESERVE.format(holder=_ME, lots="1", grams="5"), "ledger_account_unknown"),
        ),
    ),
    "EXECUTE holdings.release(uuid, text[])": Case(
        "frees what is set aside for others", harmless="held grams go back to whose they were; used ones are not found"
    ),
    "EXECUTE holdings.open_account(uuid, text, uuid, text, text, text)": Case(
        "opens an account in somebody's name, or one that nobody owns",
        (
            (
                "SELECT holdings.open_account(gen_random_uuid(), 'holding', gen_random_uuid(), NULL, NULL, NULL)",
                "23503",
            ),
            (
                "SELECT holdings.open_account(gen_random_uuid(), 'mint', (SELECT id FROM party LIMIT 1), 'x', 'x', 'x')",
                "account_holder_check",
            ),
            (
                "SELECT holdings.open_account(gen_random_uuid(), 'pool', (SELECT id FROM party LIMIT 1), 'X', 'x', 'x')",
                "account_holder_check",
            ),
        ),
        harmless="an account that is opened holds nothing",
    ),
    "EXECUTE orders.refundable(uuid)": _READS,
    "EXECUTE orders.mispriced(uuid[])": _READS,
    "EXECUTE orders.give_back(uuid, uuid, text, uuid, bigint[], bigint[])": Case(
        "gives back what nobody has",
        (
            (
                (
                    "SELECT orders.give_back(gen_random_uuid(), p.id, 'evil', q.id, ARRAY[1], ARRAY[5])"
                    " FROM sale_line p, person q LIMIT 1"
                ),
                "purchase_order_return_free_check",
            ),
        ),
        harmless="of a held line no more than is free; orders_returned compares it with grams and money",
    ),
    "EXECUTE holdings.deliver(text[], text[], text, text)": Case(
        "delivers what was set aside for others",
        harmless="each purpose once, and the journal names it; orders_fulfilled compares with what was bought",
    ),
    "EXECUTE holdings.transfer(text, bytea, text, text, text, text, bigint[], bigint[])": Case(
        "takes grams that are not there, pulls them the other way, or fills the platform's stock",
        (
            (_TRANSFER.format(source="platform", target=_ME, lots="1", grams="-5"), "holding_transfer_portions_check"),
            (
                _TRANSFER.format(source="platform", target=_ME, lots="1", grams="NULL"),
                "holding_transfer_portions_check",
            ),
            (
                _TRANSFER.format(source="platform", target=_ME, lots="1, NULL", grams="5, 5"),
                "holding_transfer_portions_check",
            ),
            (
                _TRANSFER.format(source="platform", target=_ME, lots="1", grams="900000000000"),
                "ledger_account_floor_check",
            ),
            (_TRANSFER.format(source="platform", target=_ME, lots="99", grams="5"), "ledger_account_known"),
            (
                _TRANSFER.format(source="platform", target="platform", lots="1", grams="5"),
                "holding_transfer_two_holders_check",
            ),
            (
                _TRANSFER.format(source="platform", target=_ME, lots="1", grams="5")
                + "; "
                + _TRANSFER.format(source=_ME, target="platform", lots="1", grams="5").replace("evil", "evil2"),
                "ledger_movement_allowed",
            ),
            (_TRANSFER.format(source="retired", target=_ME, lots="1", grams="5"), "holding_transfer_source_fkey"),
        ),
    ),
    "EXECUTE holdings.merge(text, bytea, text, text, text, text)": Case(
        "takes the platform's stock",
        ((f"SELECT holdings.merge('evil', 'x', 'platform', '{_ME}', 'x', NULL)", "23514"),),
    ),
    "EXECUTE retirements.settle(uuid, uuid[])": Case(
        "settles under a batch that was settled before",
        (
            (
                (
                    "SELECT retirements.settle((SELECT batch FROM retirement_allocation LIMIT 1),"
                    " ARRAY(SELECT id FROM retirement))"
                ),
                "retirement_allocation_batch_lot_key",
            ),
            ("SELECT retirements.settle(NULL, ARRAY(SELECT id FROM retirement))", "23502"),
        ),
    ),
    "EXECUTE retirements.withdraw(uuid, uuid[], uuid, text)": Case(
        "takes back what is retired for others",
        (
            (
                (
                    "SELECT retirements.withdraw(gen_random_uuid(), ARRAY(SELECT id FROM retirement WHERE"
                    " state = 'requested'), NULL, 'x')"
                ),
                "retirement_withdrawn_check",
            ),
        ),
        harmless="what is settled stays; what is requested goes back to whose it was",
    ),
    "EXECUTE retirements.withdraw_sealed(uuid, uuid[], uuid, text, bytea)": Case(
        "the same",
        (
            (
                (
                    "SELECT retirements.withdraw_sealed(gen_random_uuid(), ARRAY(SELECT id FROM retirement WHERE"
                    " state = 'requested'), NULL, '', '')"
                ),
                "retirement_withdrawn_check",
            ),
        ),
        harmless="what is settled stays; what is requested goes back to whose it was",
    ),
    "EXECUTE retirements.seal_reasons(uuid[], bytea[])": Case(
        "makes reasons of the release before unreadable",
        harmless="who withdrew what, and when, stays; nothing but the person's own export tells the reason",
    ),
    "EXECUTE retirements.say_naming(uuid, uuid, boolean)": Case(
        "agrees in an organisation's name",
        (
            (
                (
                    "SELECT retirements.say_naming((SELECT min(id::text)::uuid FROM retirement), (SELECT"
                    " min(id::text)::uuid FROM person), true)"
                ),
                "retirement_naming_power",
            ),
            ("SELECT retirements.say_naming(NULL, NULL, true)", "retirement_naming_power"),
        ),
        harmless="whoever has the password acts as any member; each act names a person and stays written",
    ),
    "EXECUTE certificates.issue(text, text, jsonb)": Case(
        "makes papers of nothing",
        (
            (
                _CERTIFICATE.format(holder="r.beneficiary_id", version=1, record="{}", state="requested"),
                _CERTIFICATE_REFUSED,
            ),
            (
                _CERTIFICATE.format(
                    holder="r.beneficiary_id", version=1, record='{"number":"C-evil"}', state="settled"
                ),
                _CERTIFICATE_REFUSED,
            ),
            (
                _CERTIFICATE.format(holder="gen_random_uuid()", version=1, record="{}", state="settled"),
                "certificate_holder_id_fkey",
            ),
            ("SELECT certificates.issue('neutrality', 'evil', '[]')", "23503"),
            ("SELECT certificates.issue('evil', 'H', '[]')", "23503"),
        ),
        harmless="a later version tells the same ranges, or the trigger refuses it; earlier ones stay",
    ),
    "EXECUTE certificates.whole(text, text, text, text, timestamp with time zone)": _READS,
    "EXECUTE public.record(certificate)": _READS,
    "EXECUTE credits.key63(text)": _READS,
    "EXECUTE credits.block_of(text)": _READS,
    "EXECUTE credits.names_of(text[])": _READS,
    "EXECUTE credits.without_zeros(text)": _READS,
    "EXECUTE identity.acts_for(uuid, uuid, text[])": _READS,
    "EXECUTE identity.kept_of(uuid)": _READS,
    "EXECUTE identity.parties_of(uuid)": _READS,
    "EXECUTE identity.persons_of(uuid)": _READS,
    "EXECUTE orders.look_at_unpaid(uuid, integer, integer, integer, integer, bigint, integer)": Case(
        "holds locks", harmless="for the length of its transaction; it reads, and what it finds is for whoever places"
    ),
    "EXECUTE cancellations.covered(bigint, bigint, bigint)": _READS,
}
