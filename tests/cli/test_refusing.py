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
    weak = ("ALTER ROLE {role} SET synchronous_commit = off", "ALTER ROLE {role} SET timezone = 'Asia/Shanghai'")
    async with role(stand, *weak) as url:
        told = await refusal(url)
        with structlog.testing.capture_logs() as lines:
            await wiring.refuse_unfit(settings(url, profile="embedded"))

    assert "synchronous_commit is off" in told
    assert "TimeZone is Asia/Shanghai" in told
    assert {(line["log_level"], line["name"]) for line in lines} == {
        ("warning", "synchronous_commit"),
        ("warning", "TimeZone"),
    }


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
