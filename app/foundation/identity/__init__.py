"""Identity (身份): who is asking, known everywhere else by a random person id and nothing more.

A citizen taps the QR code and is somebody at once: `sign_in_with_wechat()` or `sign_in_with_app()` asks the app who holds
the phone, `open_guest_session()` nobody. Either gives a token; `find_session()` turns it back into a person at every request,
`find_sessions()` a crowd's, until thirty days unused, `sign_out()` or `sign_out_everywhere()`. Roles are a person's from the
invitation they accept to `withdraw_role()`. Whoever acts is asked by `demand_role()` or `demand_platform_role()` at that very
moment; `acts_for()` and `platform_roles()` only tell.

The first day: `set_up()` writes down who runs the platform and gives links for two administrators, `renew_links()` gives new
ones while they have not come. Then people let people in: `invite()`, `pending_invitations()`, `revoke_invitation()`. A link
to the platform waits for another administrator: `approve_invitation()`, `refuse_invitation()`, `withdraw_invitation()`;
`read_label()` tells for whom it is. Whoever holds a link finds it by `find_invitation()` and takes it by
`accept_invitation()`, or by `join_as()` with the account they have. `list_members()`, `own_organisations()`, `may_give()` and
`take_role()` look after who is there. `find_exchange()` tells who runs the platform. An organisation is written down by
`add_organisation()` under its `read_register()`, and verified by two: `propose_verification()`, `open_verifications()`,
`find_verification()`, `verify_organisation()` or `end_verification()`.

Operators come by `sign_in_operator()` at a terminal. In a browser `begin_sign_in()` takes the password; a second factor is
then asked for by `finish_sign_in()`, or shown by `offer_factor()` and confirmed by `finish_with_factor()` (a terminal:
`set_factor_up()`), and where it is only offered passed over by `finish_without()`; meanwhile they are known to
`find_pending()` alone. `has_factor()` and `codes_left()` tell how they stand. Who lost theirs is found by `find_operator()`,
and two others `reset_operator()`; the link, looked at by `look_at_reset()`, is used by `use_reset()`. `shut_out()` ends it
all, `disable_operator()` unasked. `enrol_organisation()` and `enrol_operator()` write down without asking anybody, for
rehearsals and tests.

What is personal (openid, unionid, email, name) lies sealed in one table, and what other rooms must keep, such as the name on
a certificate, they close with `seal()` and read with `unseal()`, or `seal_many()` and `unseal_many()` for a batch;
`seal_files()` and `unseal_file()` do the same for drawn documents. Each person has a data key; `destroy_key()` makes all of
it unreadable in one stroke, while books, certificates and the public log stay whole; `erase()` takes what finds a person
again along, and their sessions. `set_under_14()` and `is_under_14()` are of minors. `rewrap_keys()` changes the master key
above the data keys. A secret of something that is no person lies in its own room under a key by `new_key()`, closed by
`seal_with()`, read by `unseal_with()`, or both `…_bytes_with()`; `rewrap()` changes the master key above it.

A person or an organisation is a party: whoever may pay, hold or benefit. `introduce()` tells of parties what anybody may
know. `blind_index()` is a keyed hash, by which what nobody may read is found again. `applications` are organisations that
sign themselves up. `keys` are an organisation's own: with one, a program asks instead of a person. `by_wechat` lets a member
into a console who linked their WeChat. `devices` are where a person is signed in, and how their account comes to another.
`links` make a guest of a browser one with a person known by an app.
`openid_of()` and `keep_openid()` serve payments inside an app; `set_name()`, `name_of()`, `set_language()`,
`find_organisation()`, `find_registered()` and `list_organisations()` are what they say.
"""

from app.foundation.identity import applications, by_wechat, devices, keys, links
from app.foundation.identity.access.accepting import accept_invitation, join_as
from app.foundation.identity.access.approving import (
    approve_invitation,
    read_label,
    refuse_invitation,
    withdraw_invitation,
)
from app.foundation.identity.access.enrolling import (
    count_organisations,
    disable_operator,
    enrol_operator,
    enrol_organisation,
    find_exchange,
    find_organisation,
    find_registered,
    list_organisations,
    platform_roles,
    withdraw_role,
)
from app.foundation.identity.access.inviting import (
    count_pending_invitations,
    find_invitation,
    invite,
    may_give,
    pending_invitations,
    revoke_invitation,
)
from app.foundation.identity.access.keeping_members import count_members, list_members, own_organisations, take_role
from app.foundation.identity.access.resetting import find_operator, look_at_reset, reset_operator, shut_out, use_reset
from app.foundation.identity.access.setting_up import SetUp, renew_links, set_up
from app.foundation.identity.access.verifying import (
    add_organisation,
    count_open_verifications,
    end_verification,
    find_verification,
    open_verifications,
    propose_verification,
    verify_organisation,
)
from app.foundation.identity.access_errors import (
    AdministratorsComplete,
    CodeNeeded,
    CodeWrong,
    CountryUnfit,
    ExchangeKnown,
    ExchangeUnknown,
    FactorKnown,
    FactorMissing,
    InvitationOver,
    InvitationUnknown,
    InvitationWaiting,
    InviterMissing,
    LastAdministrator,
    NameMissing,
    OrganisationKnown,
    OrganisationNameMissing,
    OrganisationUnverified,
    OwnInvitation,
    OwnRole,
    PapersMissing,
    PasswordHashBroken,
    PasswordsCrowded,
    PasswordsDiffer,
    PowerMissing,
    RegisterNumberUnfit,
    RolesMissing,
    SecondPersonNeeded,
    VerificationImpossible,
)
from app.foundation.identity.access_rules import Invited, Link, LinkState, Member, PendingInvitation, Verification
from app.foundation.identity.asking_roles import ORDERING, acts_for, demand_platform_role, demand_role
from app.foundation.identity.credentials.factor_rules import FactorOffer
from app.foundation.identity.credentials.proving_factor import codes_left, has_factor, offer_factor, set_factor_up
from app.foundation.identity.credentials.signing_in_operators import (
    begin_sign_in,
    finish_sign_in,
    finish_with_factor,
    finish_without,
    sign_in_operator,
)
from app.foundation.identity.envelope import Keyring, PasswordCost, blind_index
from app.foundation.identity.erasing import destroy_key, erase
from app.foundation.identity.errors import (
    BeingErased,
    EmailTaken,
    EmailUnreadable,
    MasterKeyMissing,
    OperatorUnknown,
    OrganisationUnknown,
    PasswordUnfit,
    PersonGone,
    RoleMissing,
    SealBroken,
    SignInLocked,
    StaffKeepsAccount,
    TokenExpired,
    WrongCredentials,
)
from app.foundation.identity.introducing import introduce
from app.foundation.identity.keeping_sessions import (
    find_pending,
    find_session,
    find_sessions,
    sign_out,
    sign_out_everywhere,
)
from app.foundation.identity.naming import is_under_14, name_of, set_language, set_name, set_under_14
from app.foundation.identity.organisation_rules import is_credit_code, read_register
from app.foundation.identity.rotating import rewrap_keys
from app.foundation.identity.rules import (
    OrganisationCard,
    OrganisationKind,
    PartyCard,
    PartyKind,
    Register,
    Role,
    Session,
    SessionKind,
    SignedIn,
)
from app.foundation.identity.sealing import (
    new_key,
    rewrap,
    seal,
    seal_bytes_with,
    seal_files,
    seal_many,
    seal_with,
    unseal,
    unseal_bytes_with,
    unseal_file,
    unseal_many,
    unseal_with,
)
from app.foundation.identity.signing_in import (
    keep_openid,
    open_guest_session,
    openid_of,
    sign_in_with_app,
    sign_in_with_wechat,
)

__all__ = [
    "ORDERING",
    "AdministratorsComplete",
    "BeingErased",
    "CodeNeeded",
    "CodeWrong",
    "CountryUnfit",
    "EmailTaken",
    "EmailUnreadable",
    "ExchangeKnown",
    "ExchangeUnknown",
    "FactorKnown",
    "FactorMissing",
    "FactorOffer",
    "InvitationOver",
    "InvitationUnknown",
    "InvitationWaiting",
    "Invited",
    "InviterMissing",
    "Keyring",
    "LastAdministrator",
    "Link",
    "LinkState",
    "MasterKeyMissing",
    "Member",
    "NameMissing",
    "OperatorUnknown",
    "OrganisationCard",
    "OrganisationKind",
    "OrganisationKnown",
    "OrganisationNameMissing",
    "OrganisationUnknown",
    "OrganisationUnverified",
    "OwnInvitation",
    "OwnRole",
    "PapersMissing",
    "PartyCard",
    "PartyKind",
    "PasswordCost",
    "PasswordHashBroken",
    "PasswordUnfit",
    "PasswordsCrowded",
    "PasswordsDiffer",
    "PendingInvitation",
    "PersonGone",
    "PowerMissing",
    "Register",
    "RegisterNumberUnfit",
    "Role",
    "RoleMissing",
    "RolesMissing",
    "SealBroken",
    "SecondPersonNeeded",
    "Session",
    "SessionKind",
    "SetUp",
    "SignInLocked",
    "SignedIn",
    "StaffKeepsAccount",
    "TokenExpired",
    "Verification",
    "VerificationImpossible",
    "WrongCredentials",
    "accept_invitation",
    "acts_for",
    "add_organisation",
    "applications",
    "approve_invitation",
    "begin_sign_in",
    "blind_index",
    "by_wechat",
    "codes_left",
    "count_members",
    "count_open_verifications",
    "count_organisations",
    "count_pending_invitations",
    "demand_platform_role",
    "demand_role",
    "destroy_key",
    "devices",
    "disable_operator",
    "end_verification",
    "enrol_operator",
    "enrol_organisation",
    "erase",
    "find_exchange",
    "find_invitation",
    "find_operator",
    "find_organisation",
    "find_pending",
    "find_registered",
    "find_session",
    "find_sessions",
    "find_verification",
    "finish_sign_in",
    "finish_with_factor",
    "finish_without",
    "has_factor",
    "introduce",
    "invite",
    "is_credit_code",
    "is_under_14",
    "join_as",
    "keep_openid",
    "keys",
    "links",
    "list_members",
    "list_organisations",
    "look_at_reset",
    "may_give",
    "name_of",
    "new_key",
    "offer_factor",
    "open_guest_session",
    "open_verifications",
    "openid_of",
    "own_organisations",
    "pending_invitations",
    "platform_roles",
    "propose_verification",
    "read_label",
    "read_register",
    "refuse_invitation",
    "renew_links",
    "reset_operator",
    "revoke_invitation",
    "rewrap",
    "rewrap_keys",
    "seal",
    "seal_bytes_with",
    "seal_files",
    "seal_many",
    "seal_with",
    "set_factor_up",
    "set_language",
    "set_name",
    "set_under_14",
    "set_up",
    "shut_out",
    "sign_in_operator",
    "sign_in_with_app",
    "sign_in_with_wechat",
    "sign_out",
    "sign_out_everywhere",
    "take_role",
    "unseal",
    "unseal_bytes_with",
    "unseal_file",
    "unseal_many",
    "unseal_with",
    "use_reset",
    "verify_organisation",
    "withdraw_invitation",
    "withdraw_role",
]
