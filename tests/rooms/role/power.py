"""What the role may write of power: organisations, roles, invitations, factors, and lines of history in somebody's name."""

from typing import Final

from tests.rooms.role.grants import Case

GUEST: Final = (
    "(SELECT id FROM person p WHERE NOT EXISTS (SELECT FROM membership m WHERE m.person_id = p.id)"
    " AND NOT EXISTS (SELECT FROM invitation i WHERE i.inviter_id = p.id) ORDER BY id LIMIT 1)"
)
"""Somebody without any role, who also never gave one: a statement may first take everybody's roles away."""
OPERATOR: Final = "(SELECT min(person_id::text)::uuid FROM membership WHERE role = 'operator')"
ADMINISTRATOR: Final = "(SELECT min(person_id::text)::uuid FROM membership WHERE role = 'administrator')"
_HOUSE: Final = "(SELECT id FROM organisation WHERE kind = 'exchange')"
_STANDS: Final = (
    "stands in the name of somebody who has the power now: the application signs people in, so PostgreSQL cannot know"
    " better; the row names them, and nobody deletes it"
)

_ORGANISATION: Final = (
    "INSERT INTO organisation (id, name_zh, name_en, kind, is_verified, created_at, country, register_number)"
    " VALUES ('00000000-0000-7000-8000-00000000000e', 'x', 'x', '{kind}', {verified}, now(), 'CN', '91350100M000100Y43')"
)
_INVITATION: Final = (
    "INSERT INTO invitation (id, token_hash, organisation_id, roles, inviter_id, made_at, expires_at, accepted_at,"
    f" acceptor_id) VALUES (gen_random_uuid(), sha256('evil'), {_HOUSE}, '{{{{{{role}}}}}}', {{inviter}}, now(),"
    " now() + interval '7 days', {accepted})"
)
_OPEN: Final = "NULL, NULL"
_ACCEPTED: Final = "UPDATE invitation SET accepted_at = {at}, acceptor_id = {who}"
_RESET: Final = (
    "INSERT INTO operator_reset (id, token_hash, person_id, maker_id, checker_id, made_at, expires_at)"
    f" VALUES (gen_random_uuid(), sha256('evil'), {GUEST}, {{maker}}, {{checker}}, now(), now() + interval '1 day')"
)
_USED: Final = "; UPDATE operator_reset SET used_at = now(); UPDATE operator_reset SET used_at = NULL"
_CODE: Final = (
    "INSERT INTO recovery_code (id, person_id, code_hash, key_id, made_at, used_at)"
    f" VALUES (gen_random_uuid(), {GUEST}, {{hash}}, 'k', now(), now())"
)
_TICKET: Final = (
    "INSERT INTO wechat_ticket (id, secret_hash, scan_hash, purpose, number, person_id, made_at, expires_at)"
    " VALUES (gen_random_uuid(), sha256('1'), sha256('2'), '{purpose}', 10, {person}, now(), now() + interval '{life}')"
)
_MAKE_KEY: Final = (
    "SELECT identity.make_key(gen_random_uuid(), {organisation}, {maker}, 'x', ARRAY['{roles}'], sha256('evil'), now(),"
    " now() + interval '1 day')"
)
_APPLY_SIGNATURE: Final = (
    "EXECUTE identity.apply(uuid, text, text, text, text, text, uuid, text, timestamp with time zone)"
)
_APPLY: Final = (
    "SELECT identity.apply(gen_random_uuid(), 'x', 'x', '{kind}', 'CN', '91350100M000100Y43', {person}, 'x', now())"
)
POWER: Final = {
    # ---- organisations and roles --------------------------------------------------------------------------------------
    "INSERT organisation": Case(
        "writes an organisation down as verified, or founds a second exchange",
        (
            (_ORGANISATION.format(kind="company", verified="true"), "organisation_is_not_born_verified"),
            (_ORGANISATION.format(kind="exchange", verified="true"), "organisation_is_not_born_verified"),
            (_ORGANISATION.format(kind="exchange", verified="false"), "organisation_is_not_born_verified"),
        ),
        harmless="one that nobody verified takes no members",
    ),
    "EXECUTE identity.open_invitation(uuid, timestamp with time zone)": Case(
        "opens a link to the platform that nobody agreed to",
        (("SELECT identity.open_invitation(gen_random_uuid(), now())", "invitation_waits_check"),),
        harmless="only what two administrators approved has an approval, and it opens the one link that it names",
    ),
    "EXECUTE identity.make_key(uuid, uuid, uuid, text, text[], bytea, timestamp with time zone, timestamp with time zone)": Case(  # noqa: E501
        "makes a key for an organisation in the name of somebody without power there, or for more than they have",
        (
            (_MAKE_KEY.format(organisation=_HOUSE, maker=OPERATOR, roles="operator"), "api_key_power"),
            (_MAKE_KEY.format(organisation="gen_random_uuid()", maker=OPERATOR, roles="sponsor"), "api_key_power"),
        ),
        harmless="in the name of somebody who has the power it may, as it may invite for them",
    ),
    "EXECUTE identity.end_key(uuid, uuid, uuid)": Case(
        "ends a key in the name of somebody without power there",
        ((f"SELECT identity.end_key(gen_random_uuid(), {_HOUSE}, {OPERATOR})", "api_key_power"),),
    ),
    "UPDATE api_key(last_used_on)": Case("tells a false day", harmless="nothing hangs on when a key was used"),
    _APPLY_SIGNATURE: Case(
        "writes an organisation down with a member whom nobody let in",
        (
            (_APPLY.format(kind="exchange", person=OPERATOR), "organisation_application_power"),
            (_APPLY.format(kind="company", person=OPERATOR), "organisation_application_power"),
            (_APPLY.format(kind="company", person=GUEST), "organisation_application_power"),
        ),
        harmless="one that nobody verified buys, publishes and invites nothing",
    ),
    _APPLY_SIGNATURE.replace("apply", "apply_again"): Case(
        "changes what somebody else's organisation is called",
        (
            (
                _APPLY.format(kind="company", person=GUEST).replace("apply", "apply_again"),
                "organisation_application_power",
            ),
        ),
        harmless="only of one that was sent back and is not verified",
    ),
    "EXECUTE identity.seal_purpose(uuid, text, bytea)": Case(
        "makes what an applicant wants unreadable",
        harmless="only of one whose words it reads in clear, once; who applies, for what organisation, stays",
    ),
    "EXECUTE identity.return_application(uuid, uuid, text, timestamp with time zone)": Case(
        "sends an application back in the name of somebody without power",
        (
            (
                f"SELECT identity.return_application(gen_random_uuid(), {GUEST}, 'x', now())",
                "organisation_application_power",
            ),
        ),
        harmless="who applied sends it again",
    ),
    "EXECUTE identity.verify_organisation(uuid)": Case(
        "verifies an organisation that nobody approved",
        (("SELECT identity.verify_organisation(gen_random_uuid())", "organisation_verification_subject"),),
        harmless="only what two people approved has an approval; see the cases about approvals",
    ),
    "INSERT invitation": Case(
        "invites itself to be an administrator",
        (
            (_INVITATION.format(role="administrator", inviter="NULL", accepted=_OPEN), "invitation_power"),
            (_INVITATION.format(role="administrator", inviter=OPERATOR, accepted=_OPEN), "invitation_power"),
            (_INVITATION.format(role="reviewer", inviter=GUEST, accepted=_OPEN), "invitation_power"),
            (_INVITATION.format(role="court", inviter=ADMINISTRATOR, accepted=_OPEN), "invitation_power"),
            (
                _INVITATION.format(role="reviewer", inviter=ADMINISTRATOR, accepted=f"now(), {GUEST}"),
                "invitation_power",
            ),
            (_INVITATION.format(role="king", inviter=ADMINISTRATOR, accepted=_OPEN), "invitation_power"),
            (
                _INVITATION.format(role="reviewer", inviter=ADMINISTRATOR, accepted=_OPEN)
                .replace("acceptor_id)", "acceptor_id, approval_id)")
                .replace("NULL, NULL)", "NULL, NULL, (SELECT id FROM approval WHERE kind = 'role' LIMIT 1))"),
                "invitation_as_approved",
            ),
        ),
        harmless=_STANDS,
    ),
    "UPDATE invitation(accepted_at, acceptor_id, revoked_at)": Case(
        "takes an invitation's roles twice, after its end, from somebody who may not give them, or as its maker",
        (
            (
                "DELETE FROM membership WHERE role = 'administrator'; " + _ACCEPTED.format(at="now()", who=GUEST),
                "invitation_power",
            ),
            (_ACCEPTED.format(at="now() + interval '8 days'", who=GUEST), "invitation_power"),
            (_ACCEPTED.format(at="now()", who=ADMINISTRATOR), "invitation_two_people_check"),
            (
                _ACCEPTED.format(at="now()", who=GUEST) + "; " + _ACCEPTED.format(at="now()", who=OPERATOR),
                "invitation_ends_once",
            ),
        ),
        harmless="an open one it may accept as anybody; the row names who did, and its roles are given once",
    ),
    "DELETE membership": Case(
        "takes somebody's role",
        harmless="stands: it is an administrator's act that PostgreSQL does not know; a role comes back by an invitation",
    ),
    # ---- how people come in -------------------------------------------------------------------------------------------
    "INSERT operator": Case("lets somebody sign in", harmless="a password is no role"),
    "UPDATE operator(disabled_at, password_hash)": Case(
        "locks an operator out, or comes in as one",
        harmless="stands: it is the application that looks at passwords; the second factor's secret is sealed under a key"
        " outside of PostgreSQL, and no role comes by signing in",
    ),
    "INSERT, DELETE operator_factor": Case(
        "takes away what is asked for beside the password",
        (
            (
                (
                    "INSERT INTO operator_factor (person_id, secret_sealed, made_at, last_step)"
                    f" VALUES ({GUEST}, 'x', now(), 1)"
                ),
                "operator_factor_step_check",
            ),
        ),
        harmless="stands, as the password does; a production asks for a factor anew before anything else",
    ),
    "UPDATE operator_factor(secret_sealed, made_at, confirmed_at, last_step)": Case(
        "lets a code count twice", harmless="as above; a secret that it cannot seal knows no code"
    ),
    "INSERT, DELETE recovery_code": Case(
        "writes a recovery code of its own",
        ((_CODE.format(hash="'x'"), "recovery_code_hash_check"),),
        harmless="kept as a hash under a key outside of PostgreSQL: one without the key fits no code",
    ),
    "UPDATE recovery_code(used_at)": Case(
        "lets a code count twice",
        ((_CODE.format(hash="sha256('x')") + "; UPDATE recovery_code SET used_at = NULL", "recovery_code_ends_once"),),
    ),
    "INSERT operator_reset": Case(
        "resets an operator alone",
        (
            (_RESET.format(maker=OPERATOR, checker=ADMINISTRATOR), "operator_reset_power"),
            (_RESET.format(maker=ADMINISTRATOR, checker=GUEST), "operator_reset_power"),
            (_RESET.format(maker=ADMINISTRATOR, checker=ADMINISTRATOR), "operator_reset_two_people_check"),
        ),
        harmless=_STANDS,
    ),
    "UPDATE operator_reset(used_at)": Case(
        "uses a reset twice",
        ((_RESET.format(maker=ADMINISTRATOR, checker=OPERATOR) + _USED, "operator_reset_ends_once"),),
    ),
    "INSERT, DELETE sign_in_place": Case(
        "calls its own network familiar, or an operator's strange",
        (
            (
                (
                    "INSERT INTO sign_in_place (id, account, place, seen_at)"
                    " VALUES (gen_random_uuid(), 'x', sha256('x'), now())"
                ),
                "sign_in_place_length_check",
            ),
        ),
        harmless="tries are counted all the same, and the password still has to be right",
    ),
    "UPDATE sign_in_place(seen_at)": Case("calls a network familiar for longer", harmless="as above"),
    "INSERT wechat_ticket(id, secret_hash, scan_hash, purpose, number, person_id, made_at, expires_at)": Case(
        "begins a try that never ends",
        ((_TICKET.format(purpose="sign_in", person="NULL", life="1 day"), "wechat_ticket_life_check"),),
        harmless="a try opens nothing before a WeChat that is linked has said yes; the second factor is asked all the same",
    ),
    "UPDATE wechat_ticket(account, confirmed_at, used_at)": Case(
        "says yes for a WeChat, and then for another one",
        (
            (
                _TICKET.format(purpose="sign_in", person="NULL", life="1 min")
                + "; UPDATE wechat_ticket SET account = sha256('a'), confirmed_at = now();"
                " UPDATE wechat_ticket SET account = sha256('b')",
                "wechat_ticket_step_check",
            ),
        ),
        harmless="the keyed hash of a WeChat needs the key outside of PostgreSQL",
    ),
    "DELETE wechat_ticket": Case("ends tries of others", harmless="they take a new QR code"),
    "INSERT wechat_link(id, person_id, account, linked_at)": Case(
        "lets a WeChat of its own open somebody's account",
        (
            (
                (
                    "INSERT INTO wechat_link (id, person_id, account, linked_at)"
                    f" VALUES (gen_random_uuid(), {OPERATOR}, sha256('x'), now())"
                ),
                "wechat_link_ticket_check",
            ),
        ),
        harmless="with a ticket that it confirms itself it may, as it may set a password; the second factor stays",
    ),
    "UPDATE wechat_link(ended_at)": Case("takes somebody's link back", harmless="the password opens as before"),
    # ---- in whose name ------------------------------------------------------------------------------------------------
    **dict.fromkeys(
        (
            "EXECUTE audit.record(uuid, text, text, jsonb, jsonb)",
            "EXECUTE audit.record_as_application(uuid, text, text, jsonb, jsonb)",
        ),
        Case(
            "writes a line of history of a price nobody set, in the name of somebody without power, or of nobody",
            (
                (f"SELECT audit.record({OPERATOR}, 'price.set', 'x', NULL, '{{}}')", "audit_entry_by_application"),
                (
                    f"SELECT audit.record_as_application({OPERATOR}, 'price.set', 'x', '{{}}', '1')",
                    "audit_entry_by_application",
                ),
                (f"SELECT audit.record({GUEST}, 'scene.closed', 'x', NULL, '{{}}')", "audit_entry_actor_power"),
                ("SELECT audit.record(NULL, 'scene.closed', 'x', NULL, '{}')", "audit_entry_by_application"),
                (f"SELECT audit.record({OPERATOR}, 'evil', 'x', NULL, '{{}}')", "audit_entry_action_check"),
                (f"SELECT audit.record({OPERATOR}, 'scene.closed', '', NULL, '{{}}')", "audit_entry_about_check"),
            ),
            harmless="a line about a scene or a methodology stands in the name of whoever has a role; it changes neither",
        ),
    ),
    "EXECUTE credits.set_price(uuid)": Case(
        "sells at a price that nobody approved",
        (("SELECT credits.set_price(gen_random_uuid())", "credit_price_approval_fkey"),),
        harmless="an approved price is set once, as it says; orders keep the price of their day",
    ),
    "EXECUTE credits.set_rate(uuid)": Case(
        "sells at a rate that nobody approved",
        (("SELECT credits.set_rate(gen_random_uuid())", "exchange_rate_approval_fkey"),),
        harmless="an approved rate is written once, as it says; orders keep the rate of their day",
    ),
    "EXECUTE credits.decide_methodology(uuid)": Case(
        "suspends or resumes a methodology that nobody approved",
        (("SELECT credits.decide_methodology(gen_random_uuid())", "23502"),),
        harmless="an approved decision is written once, as it says",
    ),
    "EXECUTE orders.hold(uuid, uuid, uuid, text, timestamp with time zone)": Case(
        "lets somebody's order hold grams unpaid",
        (
            (
                (
                    f"SELECT orders.hold(gen_random_uuid(), o.id, {OPERATOR}, 'x', now() + interval '1 hour')"
                    " FROM purchase_order o"
                ),
                "purchase_order_hold_check",
            ),
        ),
        harmless=_STANDS + "; as somebody without the power it is refused, tried in test_unpaid_bounds.py",
    ),
    "EXECUTE orders.wait_until(uuid, timestamp with time zone)": Case(
        "keeps an unpaid order's grams set aside for ever",
        (
            (
                "SELECT orders.wait_until(o.id, now() + interval '32 days') FROM purchase_order o",
                "purchase_order_wait_check",
            ),
        ),
        harmless="a month at most, from its placing; what may be set aside unpaid is bounded all the same",
    ),
    "EXECUTE payments.ask_again(uuid, uuid, uuid, text, text)": Case(
        "asks again for a refund that the channel did not refuse",
        (
            (
                f"SELECT payments.ask_again(gen_random_uuid(), gen_random_uuid(), {OPERATOR}, 'x', NULL)",
                "payment_refund_lead_on_check",
            ),
        ),
        harmless=_STANDS + "; as somebody without the power it is refused, tried in test_refunding.py",
    ),
    "EXECUTE payments.lock_refund(uuid)": Case(
        "holds a refund so that nobody leads it on", harmless="as long as a statement may take; it only reads"
    ),
    "EXECUTE payments.settle_by_hand(uuid, uuid)": Case(
        "calls a refund settled that nobody approved",
        (
            (
                "SELECT payments.settle_by_hand(gen_random_uuid(), gen_random_uuid())",
                "payment_refund_lead_on_check",
            ),
        ),
        harmless="as above",
    ),
    "EXECUTE payments.decide_notice(uuid, uuid, text)": Case(
        "gives stray money back that nobody approved",
        (
            (
                "SELECT payments.decide_notice(gen_random_uuid(), gen_random_uuid(), 'RF-EVIL')",
                "payment_notice_decision_two_people",
            ),
        ),
        harmless="it writes what two people agreed to, once for each parked notice",
    ),
    "EXECUTE invoices.mark(uuid, uuid, bigint, text, uuid)": Case(
        "marks an invoice in the name of somebody without the power, or of an amount that is not there",
        (
            (
                f"SELECT invoices.mark(gen_random_uuid(), o.id, 1, NULL, {OPERATOR}) FROM purchase_order o LIMIT 1",
                "invoice_power",
            ),
        ),
        harmless=_STANDS + "; of an order that nobody asked for it is refused, tried in test_invoices.py",
    ),
    "EXECUTE payments.take_receipt(uuid, uuid)": Case(
        "says that money came which nobody approved",
        (("SELECT payments.take_receipt(gen_random_uuid(), gen_random_uuid())", "bank_receipt_two_people"),),
        harmless="it writes what two people agreed to, of a payment by transfer and of its whole amount; once each",
    ),
}
