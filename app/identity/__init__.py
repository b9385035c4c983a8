"""Identity (身份): who is asking, known everywhere else by a random person id and nothing more.

A citizen taps the QR code and is somebody at once: `sign_in_with_wechat()` asks WeChat who holds the phone,
`open_guest_session()` asks nobody. Either gives a token; `find_session()` turns it back into a person at every
request, until thirty days unused, `sign_out()` or `sign_out_everywhere()`. Operators act for an organisation and
come by `sign_in_operator()`, after `enrol_organisation()` and `enrol_operator()`; roles are theirs from
`grant_role()` to `withdraw_role()`. Whoever acts is asked by `demand_role()` or `demand_house_role()` at that very
moment; `acts_for()` and `house_roles()` only tell, and `disable_operator()` ends it.

What is personal (openid, unionid, email, name) lies sealed in one table, and what other rooms must keep, such as
the name on a certificate, they close with `seal()` and read with `unseal()`, or `seal_many()` and `unseal_many()`
for a batch; `seal_files()` and `unseal_file()` do the same for drawn documents. Each person has a data key;
`destroy_key()` makes all of it unreadable in one stroke, while books, certificates and the public log stay whole.
`rewrap_keys()` changes the master key above the data keys.

A person or an organisation is a party: whoever may pay, hold or benefit. `introduce()` tells of parties what anybody
may know.

`openid_of()` and `keep_openid()` serve payments inside WeChat; `set_name()`, `name_of()`, `set_language()`,
`find_organisation()` and
`list_organisations()` are what they say.
"""

from app.identity.asking_roles import ORDERING, acts_for, demand_house_role, demand_role
from app.identity.enrolling import (
    disable_operator,
    enrol_operator,
    enrol_organisation,
    find_organisation,
    grant_role,
    house_roles,
    list_organisations,
    withdraw_role,
)
from app.identity.envelope import Keyring
from app.identity.erasing import destroy_key
from app.identity.errors import (
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
    TokenExpired,
    WrongCredentials,
)
from app.identity.introducing import introduce
from app.identity.keeping_sessions import find_session, sign_out, sign_out_everywhere
from app.identity.naming import name_of, set_language, set_name
from app.identity.rotating import rewrap_keys
from app.identity.rules import (
    OrganisationCard,
    OrganisationKind,
    PartyCard,
    PartyKind,
    Role,
    Session,
    SessionKind,
    SignedIn,
)
from app.identity.sealing import seal, seal_files, seal_many, unseal, unseal_file, unseal_many
from app.identity.signing_in import keep_openid, open_guest_session, openid_of, sign_in_with_wechat
from app.identity.signing_in_operators import sign_in_operator

__all__ = [
    "ORDERING",
    "BeingErased",
    "EmailTaken",
    "EmailUnreadable",
    "Keyring",
    "MasterKeyMissing",
    "OperatorUnknown",
    "OrganisationCard",
    "OrganisationKind",
    "OrganisationUnknown",
    "PartyCard",
    "PartyKind",
    "PasswordUnfit",
    "PersonGone",
    "Role",
    "RoleMissing",
    "SealBroken",
    "Session",
    "SessionKind",
    "SignInLocked",
    "SignedIn",
    "TokenExpired",
    "WrongCredentials",
    "acts_for",
    "demand_house_role",
    "demand_role",
    "destroy_key",
    "disable_operator",
    "enrol_operator",
    "enrol_organisation",
    "find_organisation",
    "find_session",
    "grant_role",
    "house_roles",
    "introduce",
    "keep_openid",
    "list_organisations",
    "name_of",
    "open_guest_session",
    "openid_of",
    "rewrap_keys",
    "seal",
    "seal_files",
    "seal_many",
    "set_language",
    "set_name",
    "sign_in_operator",
    "sign_in_with_wechat",
    "sign_out",
    "sign_out_everywhere",
    "unseal",
    "unseal_file",
    "unseal_many",
    "withdraw_role",
]
