"""Every verb that names its actor, by somebody whose roles were withdrawn while the shell kept their session, and by
somebody without the second factor that is asked for.

The tree is walked: a verb that is new stands in no set and fails.
"""

from typing import Any

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch
from tests.cli.test_every_verb_in_both_languages import OURS, TRIED, Sample, desk, run, sample
from tests.cli.test_every_verb_names_its_actor import SIGNED
from tests.rooms.conftest import KEYRING

__all__ = ["desk", "sample"]

TAKES_A_ROLE = {
    "cancellations propose", "claims name", "invitation list", "invite", "lot double", "methodology load",
    "methodology resume", "methodology suspend", "operator list", "organisation add", "payment refund-again",
    "payment receipt", "payment statement", "payment settle-by-hand", "payment decide", "price set",
    "rate propose", "scene publish", "bill ask",
    "bill explain", "bill fetch", "bill sign", "bill take", "invoice export", "invoice mark",
    "zone apply", "scene screen", "person see",
}  # fmt: skip
TAKES_A_THING = {
    "approvals approve", "approvals return", "approvals withdraw", "holding approve", "holding buy", "holding retire",
    "holding return", "holding transfer", "invitation revoke", "invoice ask", "operator disable", "operator take-role",
    "order pay", "order reserve", "organisation propose", "organisation return", "organisation verify", "rate confirm",
    "webhook log", "webhook redeliver",
    "webhook test", "zone confirm", "zone record-support", "zone report",
}  # fmt: skip
"""Here the thing is nobody's; what power over one that is somebody's takes is walked at the doors and in the rooms."""
OTHERWISE = {
    "holding list": "one's own: an empty list",
    "webhook list": "one's own: an empty list",
    "sign-in": "takes a password and no role",
    "import lots": "its sample names nobody",
    "order place": "its sample names another person",
    "recover": "its sample names nobody; applied it asks both people for their passwords first",
    "operator reset": "asks the second person for their password first",
}
MISSING = (
    "this takes the role", "do not have the role", "role_missing", "power_missing", "inviter_missing", "not_an_operator",
    "not_platform_staff", "naming_forbidden",
)  # fmt: skip


def test_every_verb_that_names_its_actor_is_walked() -> None:
    assert TAKES_A_ROLE | TAKES_A_THING | OTHERWISE.keys() == SIGNED


async def test_who_lost_every_role_while_the_shell_kept_their_session_does_nothing(sample: Sample) -> None:
    person_id = await identity.find_operator(OURS, keyring=KEYRING)
    verbs = sorted(TAKES_A_ROLE | TAKES_A_THING)
    for row in await fetch("SELECT organisation_id, role FROM membership WHERE person_id = $1", person_id):
        await identity.withdraw_role(person_id, row["organisation_id"], Role(row["role"]))
    before = await _everything()
    for verb, done in zip(verbs, run([sample.wish(verb, TRIED[verb][0], "en") for verb in verbs]), strict=True):
        assert done.returncode == 1, (verb, done.stdout)
        said = " ".join(done.stderr.split())
        assert any(word in said for word in (MISSING if verb in TAKES_A_ROLE else (*MISSING, "unknown)"))), (verb, said)
    assert await _everything() == before


async def test_where_a_second_factor_is_asked_for_no_verb_lets_a_password_in_alone(sample: Sample) -> None:
    environment = {"DIANDIAN_SECOND_FACTOR": "required", "DIANDIAN_OPERATOR_TOKEN": ""}
    verbs = sorted(SIGNED - OTHERWISE.keys() | {"holding list", "webhook list", "sign-in"})
    asked = [sample.wish(verb, TRIED[verb][0], "en", **environment) for verb in verbs]
    told = dict(zip(verbs, run(asked), strict=True))
    otherwise = {verb: done.stderr for verb, done in told.items() if "identity.factor_missing" not in done.stderr}
    assert otherwise.keys() <= TAKES_A_THING, otherwise
    assert all("unknown)" in " ".join(said.split()) for said in otherwise.values()), otherwise  # no number at all


async def _everything() -> list[dict[str, Any]]:
    """What the verbs would have moved."""
    return await fetch(
        "SELECT 'approval' AS what, count(*) AS n FROM approval UNION ALL SELECT 'order', count(*) FROM purchase_order"
        " UNION ALL SELECT 'invitation', count(*) FROM invitation UNION ALL SELECT 'role', count(*) FROM membership"
        " UNION ALL SELECT 'organisation', count(*) FROM organisation UNION ALL SELECT 'scene', count(*) FROM scenario"
        " UNION ALL SELECT 'history', count(*) FROM audit_entry"
    )
