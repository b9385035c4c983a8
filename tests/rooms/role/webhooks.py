"""What the role may do about webhooks. A new grant needs a case here, or the test of the role fails."""

from typing import Final

from tests.rooms.role.grants import Case

_ENDPOINT: Final = (
    "INSERT INTO webhook_endpoint (id, organisation_id, kind, label, shown, language, events, state, wrapped, master_key,"
    " url_sealed, secret_sealed, made_by_id, made_at) SELECT gen_random_uuid(), o.id, 'standard', 'x', 'x', 'zh',"
    " ARRAY['{event}'], '{state}', 'x', 't1', 'x', {secret}, p.id, now() FROM organisation o, person p LIMIT 1"
)
_TOLD: Final = "what is told are figures of a gift and nothing about a person; no gram moves"
_SEALED: Final = (
    "address and secrets are sealed under a key outside of PostgreSQL: what is written by hand does not open"
)

WEBHOOKS: Final = {
    "INSERT webhook_endpoint": Case(
        "lets somebody else be told",
        (
            (_ENDPOINT.format(event="order.paid", state="active", secret="'x'"), "webhook_endpoint_events_fkey"),
            (_ENDPOINT.format(event="endpoint.test", state="active", secret="'x'"), "webhook_endpoint_events_fkey"),
            (_ENDPOINT.format(event="gift.ended", state="off", secret="'x'"), "webhook_endpoint_off_check"),
            (_ENDPOINT.format(event="gift.ended", state="active", secret="NULL"), "webhook_endpoint_sealed_check"),
        ),
        harmless=f"{_SEALED}; {_TOLD}",
    ),
    "UPDATE webhook_endpoint(label, language, events, state, off_because, failing_since, wrapped, master_key, url_sealed,"
    " secret_sealed, previous_sealed, previous_until)": Case(
        "leads messages elsewhere, or stops them", harmless=f"{_SEALED}; {_TOLD}"
    ),
    "UPDATE webhook_delivery(state, failures, next_at)": Case(
        "sends again, or not at all", harmless="a receiver knows a repeat by its id; the sponsor's page tells the same"
    ),
    "INSERT gift_level": Case("lets a sponsor be told too often or never", harmless=_TOLD),
    "UPDATE gift_level(level, rises)": Case("the same", harmless=_TOLD),
    "INSERT gift_alert": Case("the same", harmless=_TOLD),
    "EXECUTE webhooks.announce(uuid[], text[], uuid[], text[], text[], text[], timestamp with time zone[], uuid[])": Case(
        "tells what did not happen",
        (
            (
                (
                    "SELECT webhooks.announce(ARRAY[gen_random_uuid()], ARRAY['order.paid'], ARRAY[o.id], ARRAY['{}'],"
                    " ARRAY[''], ARRAY[''], ARRAY[now()], ARRAY[NULL]::uuid[]) FROM organisation o LIMIT 1"
                ),
                "webhook_event_kind_fkey",
            ),
        ),
        harmless=f"whoever has the application's password can say anything in its name; {_TOLD}",
    ),
    (
        "EXECUTE webhooks.announce(uuid[], text[], uuid[], text[], text[], text[], timestamp with time zone[], uuid[],"
        " text[])"
    ): Case(
        "tells what did not happen, under another request's id",
        (
            (
                (
                    "SELECT webhooks.announce(ARRAY[gen_random_uuid()], ARRAY['order.paid'], ARRAY[o.id], ARRAY['{}'],"
                    " ARRAY[''], ARRAY[''], ARRAY[now()], ARRAY[NULL]::uuid[], ARRAY[NULL]::text[]) FROM organisation o LIMIT 1"
                ),
                "webhook_event_kind_fkey",
            ),
        ),
        harmless=f"whoever has the application's password can say anything in its name; {_TOLD}",
    ),
    "EXECUTE webhooks.begin(integer, integer)": Case(
        "holds deliveries up", harmless="for as long as is said; they stay due"
    ),
    "EXECUTE webhooks.finish(bigint, text, integer, text, integer, boolean)": Case(
        "says that something arrived", harmless="a log of what was told; no gram moves"
    ),
}
