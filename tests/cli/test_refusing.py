"""Production does not begin on a database that may lose what it acknowledged, or as a role that could write the books."""

import pytest
import structlog

from app import wiring
from config.settings import Settings, SettingsUnfit
from tests.cli.conftest import diandian, role
from tests.conftest import Stand


def settings(url: str, *, profile: str = "production") -> Settings:
    return Settings(profile=profile, database_url=url)  # type: ignore[arg-type]


async def refusal(url: str) -> str:
    with pytest.raises(SettingsUnfit) as unfit:
        await wiring.refuse_unfit(settings(url))
    return " | ".join(unfit.value.faults)


async def test_the_applications_role_on_a_careful_server_is_taken(stand: Stand) -> None:
    await wiring.refuse_unfit(settings(stand.app_url))


async def test_a_superuser_is_refused(stand: Stand) -> None:
    assert "a superuser" in await refusal(stand.super_url)


async def test_whoever_may_become_a_superuser_is_refused(stand: Stand) -> None:
    async with role(stand, "ALTER ROLE {role} SUPERUSER") as url:
        assert "a superuser" in await refusal(url)


async def test_the_owner_of_the_ledger_is_refused(stand: Stand) -> None:
    told = await refusal(stand.owner_url)

    assert "owner of the books is" in told
    assert "ledger_account, ledger_entry, ledger_movement, ledger_transfer" in told


@pytest.mark.parametrize("grant", ["INSERT ON ledger_entry", "UPDATE (balance) ON ledger_account"])
async def test_a_role_that_could_write_the_ledger_by_hand_is_refused(stand: Stand, grant: str) -> None:
    async with role(stand, f"GRANT {grant} TO {{role}}") as url:
        told = await refusal(url)

    assert "writer of the books is" in told
    assert grant.rpartition(" ")[2] in told


async def test_a_server_that_may_forget_is_refused_and_a_rehearsal_only_warned(stand: Stand) -> None:
    async with role(stand, "ALTER ROLE {role} SET synchronous_commit = off") as url:
        told = await refusal(url)
        with structlog.testing.capture_logs() as lines:
            await wiring.refuse_unfit(settings(url, profile="embedded"))

    assert "synchronous_commit is off" in told
    assert {(line["log_level"], line["name"]) for line in lines} == {("warning", "synchronous_commit")}


@pytest.mark.parametrize(
    "weak",
    [
        "RESET lock_timeout", "SET lock_timeout = '20s'", "SET idle_in_transaction_session_timeout = 0",
        "RESET statement_timeout", "SET jit = on", "SET timezone = 'Asia/Shanghai'",
    ],
)  # fmt: skip
async def test_a_role_without_its_settings_is_refused_in_a_rehearsal_too_and_told_the_statements(
    stand: Stand, weak: str
) -> None:
    name = weak.split()[1]
    async with role(stand, f"ALTER ROLE {{role}} {weak}") as url:
        with pytest.raises(SettingsUnfit) as unfit:
            await wiring.refuse_unfit(settings(url, profile="embedded"))

    (fault,) = unfit.value.faults
    assert f"without {name}" in fault
    assert f"SET {name} = '" in fault.fix_en


async def test_a_role_with_shorter_time_outs_is_taken(stand: Stand) -> None:
    async with role(stand, "ALTER ROLE {role} SET lock_timeout = '900ms'") as url:
        await wiring.refuse_unfit(settings(url))


async def test_a_database_that_only_reads_is_refused_in_a_rehearsal_too(stand: Stand) -> None:
    async with role(stand, "ALTER ROLE {role} SET default_transaction_read_only = on") as url:
        with pytest.raises(SettingsUnfit, match="primary is read-only"):
            await wiring.refuse_unfit(settings(url, profile="embedded"))


async def test_a_silent_database_is_refused_and_a_rehearsal_goes_on() -> None:
    nowhere = "postgresql://ddt_app@127.0.0.1:1/diandian"

    assert "DATABASE_URL: no connection" in await refusal(nowhere)
    await wiring.refuse_unfit(settings(nowhere, profile="embedded"))


@pytest.mark.parametrize("verb", [("serve", "--port", "8917"), ("worker",)])
def test_serving_and_working_end_at_once_with_the_reason(
    stand: Stand, production: dict[str, str], verb: tuple[str, ...]
) -> None:
    done = diandian(*verb, environment=production | {"DATABASE_URL": stand.super_url})

    assert done.returncode == 1
    assert "a superuser" in done.stderr
    assert "Traceback" not in done.stderr


def test_unfit_settings_are_told_in_a_line_each(production: dict[str, str]) -> None:
    done = diandian(
        "serve", environment=production | {"FAULT_POINT": "order.placed:1", "DIANDIAN_WECHAT_APPID": "wxsandbox123"}
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "✘ FAULT_POINT must not be set in production",
        "  → unset FAULT_POINT",
        "✘ DIANDIAN_WECHAT_APPID comes from the sandbox",
        "  → set DIANDIAN_WECHAT_APPID: WeChat's mini-program console, development",
        "    settings",
    ]
