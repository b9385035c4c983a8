"""Setting Alipay up in certificate mode: what is built, what production refuses, and until when it holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.operations.doctor_channels import look_at_certificates
from app.gateways.channels.alipay import KIND
from app.gateways.channels.kinds import Surroundings
from app.gateways.channels.sign_in import sign_ins_of
from app.kernel.clock import utc_now
from app.sandbox.alipay import certificates, keys
from config.settings import Settings

AROUND = Surroundings(notify_url="https://diandian.example/notify/alipay", mini_program_appid="wx1", account_appid=None)


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As an operator sets it, with the sandbox's files and no plain key of the platform's."""
    folder: Path = tmp_path_factory.mktemp("alipay")
    given = keys.knobs(folder, "http://127.0.0.1:9") | certificates.knobs(folder)
    given |= {"alipay_private_key": keys.ensure(folder).app_private_pem}
    del given["alipay_public_key"]
    return {name.removeprefix("alipay_"): value for name, value in given.items()}


async def test_certificates_alone_set_the_channel_and_its_sign_in_up(values: dict[str, str]) -> None:
    assert KIND.lacking(values) == []
    channel = KIND.build(values, AROUND)
    assert sign_ins_of({KIND.name: channel})[KIND.name].app_id == values["app_id"]
    await channel.aclose()


@pytest.mark.parametrize("missing", ["app_certificate", "certificate", "root_certificate"])
def test_certificate_mode_is_wanted_whole(values: dict[str, str], missing: str) -> None:
    assert KIND.lacking(values | {missing: ""}) == [missing]


def test_neither_key_nor_certificate_is_nothing_to_trust(values: dict[str, str]) -> None:
    bare = {name: value for name, value in values.items() if "certificate" not in name}
    assert KIND.lacking(bare) == ["public_key"]
    with pytest.raises(ValueError, match="public key or certificate"):
        KIND.build(bare, AROUND)


def test_production_refuses_the_sandboxs_certificates_and_files_that_hold_none(values: dict[str, str]) -> None:
    found = {name: why.en for name, why in KIND.rehearsed(values | {"certificate": "QUJD"})}
    assert found.keys() >= {"app_certificate", "certificate", "root_certificate"}
    assert "sandbox" in found["app_certificate"]
    assert "no certificate in PEM" in found["certificate"]


@pytest.mark.parametrize(
    ("later", "state"), [(timedelta(), "good"), (timedelta(days=1800), "note"), (timedelta(days=1830), "fault")]
)
def test_the_doctor_says_until_when_each_certificate_holds(
    values: dict[str, str], later: timedelta, state: str
) -> None:
    settings = Settings(channels={"alipay": values})
    told = list(look_at_certificates(settings, now=utc_now() + later))
    assert {check.state for check in told} == {state}
    named = {check.detail.en.split()[0] for check in told}
    assert named == {"DIANDIAN_ALIPAY_APP_CERTIFICATE", "DIANDIAN_ALIPAY_CERTIFICATE"}
    assert all("证书" in check.fix.zh and "certificate" in check.fix.en for check in told)


def test_a_channel_without_certificates_has_nothing_to_end() -> None:
    settings = Settings(channels={"alipay": {"certificate": "not one"}})
    assert list(look_at_certificates(settings, now=datetime(2026, 1, 1, tzinfo=UTC))) == []
