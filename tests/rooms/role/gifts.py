"""What the role may do about gifts. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_CAMPAIGN: Final = (
    "SELECT holdings.open_account(gen_random_uuid(), 'holding', o.id, NULL, NULL, NULL) FROM organisation o LIMIT 1; "
    "INSERT INTO gift_campaign (id, scenario_id, sponsor_id, account_id, state, audience, amount, each_g, starts_at, ends_at,"
    " made_by_id, made_at) SELECT gen_random_uuid(), s.id, a.owner_id, a.id, '{state}', 'everyone', 'fixed', {each}, now(),"
    " now() + interval '1 h', p.id, now() FROM scenario s, account a JOIN organisation o ON o.id = a.owner_id, person p LIMIT 1"
)
_READS: Final = Case("looks", harmless="a proof and a row of figures: nothing is written")

GIFTS: Final = {
    "INSERT gift_campaign": Case(
        "gives away what somebody holds",
        (
            (_CAMPAIGN.format(state="draft", each=1), "gift_campaign_begins_check"),  # of a holding, not of a pool
            (_CAMPAIGN.format(state="open", each=1), "gift_campaign_begins_check"),
            (_CAMPAIGN.format(state="draft", each=0), "gift_campaign_each_check"),
        ),
        harmless="a pool's grams are retired for whoever collects, with the pool's owner as payer, and never come back",
    ),
    "UPDATE gift_campaign(returned_at)": Case(
        "says that the rest went home",
        harmless="once, after the end; it moves no gram, and what lies there is taken back",
    ),
    "UPDATE gift_campaign(state, audience, each_g, most_people, amount, starts_at, ends_at, message_zh, message_en)": Case(
        "opens, changes or ends somebody's gift",
        harmless="as above; a step backwards is refused (`gift_campaign_step_check`), tried in"
        " tests/rooms/programmes/gifts/test_collecting.py",
    ),
    "UPDATE gift_campaign(logo_sha256, logo_width, logo_height)": Case(
        "shows another picture beside a gift",
        harmless="only a file that we drew is found by a digest; of one that ended it is taken away and never set"
        " (`gift_campaign_step_check`), tried in tests/rooms/programmes/gifts/test_logos.py",
    ),
    "EXECUTE gifts.end_over(uuid)": Case("ends somebody's gift", harmless="only one whose window is over"),
    "INSERT gift_batch": Case(
        "makes codes", harmless="a code opens what its campaign gives anyway, once, and stands written"
    ),
    "UPDATE gift_batch(voided_by_id, voided_at)": Case(
        "voids codes", harmless="nobody loses what they collected; a batch that is void stays so"
    ),
    "INSERT gift_code(batch_id, no, code_hash)": Case("makes a code", harmless="as a batch"),
    "EXECUTE gifts.end_code(uuid, bytea, text, bytea)": Case(
        "ends somebody's code",
        harmless="whoever knows its hash only; its share stays in the pool, and nothing collected moves",
    ),
    "EXECUTE gifts.issue_cards(uuid)": Case(
        "makes cards of nothing",
        (("SELECT gifts.issue_cards(gen_random_uuid())", "gift_card_batch_check"),),
        harmless="only of a batch of a campaign for cards, once, and only where the pool has their grams",
    ),
    "EXECUTE gifts.bind_card(bytea, uuid)": Case(
        "takes somebody's card", harmless="whoever knows its hash only, and never one that is somebody's already"
    ),
    "EXECUTE gifts.kill_cards(uuid)": Case(
        "ends somebody's cards",
        harmless="what they had left stays in the pool; each line of it stands in their history",
    ),
    "UPDATE gift_collection(name_sealed, named_at)": Case(
        "names a paper", harmless="a name is sealed under a key outside of PostgreSQL, and written once"
    ),
    "UPDATE claim(name_until)": Case(
        "lets a paper wait for ever",
        (
            (
                "UPDATE claim SET name_until = now() + interval '1 year'",
                "claim_name_until_stays",
            ),
        ),
        harmless="a waiting is only ever ended",
    ),
    "EXECUTE gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[])": Case(
        "collects for people who never came",
        (
            (
                (
                    "SELECT gifts.collect(gen_random_uuid(), gen_random_uuid(), ARRAY[gen_random_uuid()],"
                    " ARRAY[gen_random_uuid()],"
                    " ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[NULL]::uuid[], ARRAY['zh'],"
                    " ARRAY[NULL]::bytea[])"
                ),
                "gift_campaign_unknown",
            ),
        ),
        harmless="what is collected is retired; the pool has it less, the floor holds, and its owner sees it",
    ),
    "EXECUTE gifts.collect(uuid, uuid, uuid[], uuid[], bigint[], bigint[], bigint[], uuid[], text[], bytea[], text[])": Case(
        "collects for people who never came, under another request's id",
        (
            (
                (
                    "SELECT gifts.collect(gen_random_uuid(), gen_random_uuid(), ARRAY[gen_random_uuid()],"
                    " ARRAY[gen_random_uuid()],"
                    " ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[1]::bigint[], ARRAY[NULL]::uuid[], ARRAY['zh'],"
                    " ARRAY[NULL]::bytea[], ARRAY[NULL]::text[])"
                ),
                "gift_campaign_unknown",
            ),
        ),
        harmless="what is collected is retired; the pool has it less, the floor holds, and its owner sees it",
    ),
    "UPDATE gift_campaign(delivers)": Case(
        "lets a gift end up elsewhere",
        harmless="in a draft only (`gift_campaign_step_check`); it goes to whoever collects it, in either way",
    ),
    "EXECUTE gifts.use_held(uuid, uuid, uuid, bigint, uuid, bigint, uuid)": Case(
        "uses what somebody was given",
        harmless="for nobody but who has it: its retirement is theirs, or the proof says that a use has none",
    ),
    "EXECUTE gifts.offer(uuid, uuid, uuid, bigint, bytea, text, interval, integer)": Case(
        "promises somebody's gift to others",
        harmless="no gram moves; its holder sees each promise and takes it back, and it ends by itself",
    ),
    "EXECUTE gifts.take(bytea, uuid)": Case(
        "moves what somebody promised", harmless="only for the hash of its code, once, and both accounts show it"
    ),
    "EXECUTE gifts.offer_card(uuid, uuid, uuid, bigint, bytea, text, interval, integer)": Case(
        "promises grams of somebody's card to others",
        harmless="no gram moves; its holder sees each promise and takes it back, and it ends by itself",
    ),
    "EXECUTE gifts.take_card(bytea, uuid)": Case(
        "makes a card of what somebody promised",
        harmless="only for the hash of its code, once; both cards' history shows it, and the pool's cards have what they had",
    ),
    "EXECUTE gifts.take_back(uuid, uuid)": Case("ends a promise", harmless="the grams never left their holder"),
    "EXECUTE gifts.expire_transfers(integer)": Case("ends promises", harmless="only those whose time is over"),
    "EXECUTE holdings.open_holdings(uuid[])": Case("opens accounts", harmless="empty ones, each its owner's"),
    "EXECUTE gifts.lock(uuid)": Case("holds a pool up", harmless="as long as its transaction, which PostgreSQL ends"),
    "EXECUTE gifts.prove(bigint)": _READS,
    "EXECUTE gifts.unused(uuid)": _READS,
    "EXECUTE holdings.prove_splits(bigint)": _READS,
    "EXECUTE holdings.split_unevenly(uuid)": _READS,
    "EXECUTE holdings.split(text[], uuid[], text[], integer[], bigint[], bigint[])": Case(
        "splits somebody's reservation unevenly",
        (
            (
                (
                    "SELECT holdings.split(ARRAY[r.cause], ARRAY[gen_random_uuid()], ARRAY['evil'], ARRAY[1], ARRAY[l.lot_id],"
                    " ARRAY[l.mass_g - 1]) FROM credit_reservation r JOIN credit_reservation_line l ON l.reservation_id = r.id"
                    " WHERE r.state = 'held' LIMIT 1"
                ),
                "credit_reservation_split_check",
            ),
        ),
        harmless="the pieces are all of the whole, or none",
    ),
}
