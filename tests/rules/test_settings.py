"""What the settings take, where they find it, and what production refuses."""

import base64
import os
import re
from pathlib import Path

import pytest

from app.gateways.channels.table import CHANNELS
from app.sandbox import keys as sandbox_keys
from app.sandbox import registry_keys
from config.loading import examine, load
from config.settings import Settings, SettingsUnfit, environment_name

PEM = "-----BEGIN PRIVATE KEY-----\nMIIE+vQ/IBADANBg==\nkqhk=\n-----END PRIVATE KEY-----"


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def production(**changes: str) -> dict[str, str]:
    """An environment that production takes, with these knobs changed; an empty one is left out."""
    knobs = {
        "profile": "production",
        "public_url": "https://carbon.example",
        "database_url": "postgresql://ddt_app:pw@db.example:5432/diandian",
        "master_keys": f"m1={key()}",
        "index_key": key(),
        "csrf_key": key(),
        "wechat_appid": "wx0123456789abcdef",
        "wechat_secret": "0" * 32,
        "wechatpay_mchid": "1600000001",
        "wechatpay_serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "wechatpay_private_key": PEM,
        "wechatpay_apiv3_key": "a" * 32,
    } | changes
    return {environment_name(name): value for name, value in knobs.items() if value}


def faults(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsUnfit) as unfit:
        load(environment)
    return unfit.value.faults


def test_nothing_set_is_an_embedded_rehearsal() -> None:
    settings = load({})

    assert (settings.profile, settings.is_sandbox, settings.database_url) == ("embedded", True, "")


def test_production_takes_what_is_complete() -> None:
    assert not load(production()).is_sandbox


def test_production_lets_the_terminal_say_who_acts() -> None:
    who = {"DIANDIAN_OPERATOR_EMAIL": "a@example.org", "DIANDIAN_OPERATOR_PASSWORD": "x"}
    assert load(production() | who).profile == "production"


def test_production_names_every_knob_it_misses() -> None:
    told = " ".join(faults({"DIANDIAN_PROFILE": "production"}))

    for name in ("DATABASE_URL", "DIANDIAN_MASTER_KEYS", "DIANDIAN_CSRF_KEY", "DIANDIAN_WECHATPAY_PRIVATE_KEY"):
        assert f"{name} is missing" in told


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        (production() | {"FAULT_POINT": "notice.verified:1"}, "FAULT_POINT must not be set in production"),
        (production() | {"LITESTAR_DEBUG": "1"}, "LITESTAR_DEBUG must not be set"),
        (production(public_url="http://carbon.example"), "DIANDIAN_PUBLIC_URL must begin with https://"),
        (production(wechatpay_url="http://127.0.0.1:8701"), "DIANDIAN_WECHATPAY_URL must begin with https://"),
        (production(sandbox_url="http://127.0.0.1:8701"), "DIANDIAN_SANDBOX_URL must not be set"),
        (production(master_keys=f"demo={key()}"), "DIANDIAN_MASTER_KEYS comes from a demo"),
        (production(csrf_key=base64.b64encode(b"k" * 32).decode()), "DIANDIAN_CSRF_KEY repeats one byte"),
        (production(csrf_key=(same := key()), index_key=same), "must all differ"),
        (production() | {"DIANDIAN_ISUER_EN": "X"}, "DIANDIAN_ISUER_EN is no knob of ours; did you mean DIANDIAN_ISSUER_EN?"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_production_refuses(environment: dict[str, str], fault: str) -> None:
    (told,) = faults(environment)

    assert fault in told


def test_production_refuses_every_key_of_the_sandbox(tmp_path: Path) -> None:
    keys = sandbox_keys.ensure(tmp_path)
    rehearsed = {
        "wechat_appid": keys.appid,
        "wechat_secret": keys.app_secret,
        "wechatpay_mchid": keys.mchid,
        "wechatpay_apiv3_key": keys.apiv3_key,
        "wechatpay_public_key_id": keys.platform_public_key_id,
        "wechatpay_certificates": keys.platform_certificate_pem,
    }
    for knob, value in rehearsed.items():
        (told,) = faults(production(**{knob: value}))
        assert environment_name(knob) in told
        assert "sandbox" in told
        assert value not in told or knob == "wechatpay_mchid"


ALIPAY = {
    "alipay_app_id": "2021000000000001", "alipay_seller_id": "2088000000000001", "alipay_private_key": PEM,
    "alipay_public_key": PEM,
}  # fmt: skip


def test_production_refuses_the_sandboxs_alipay_and_alipays_own_sandbox(tmp_path: Path) -> None:
    assert not load(production(**ALIPAY)).is_sandbox
    keys = sandbox_keys.knobs(tmp_path, "https://sandbox.example")
    for knob in ("alipay_app_id", "alipay_seller_id"):
        (told,) = faults(production(**ALIPAY | {knob: keys[knob]}))
        assert environment_name(knob) in told
        assert "sandbox" in told
    theirs = {
        "alipay_url": "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
        "alipay_app_id": "9021000122682882",
    }
    for knob, value in theirs.items():
        (told,) = faults(production(**ALIPAY | {knob: value}))
        assert environment_name(knob) in told


@pytest.mark.parametrize("knob", sorted(ALIPAY))
def test_alipay_is_wanted_whole_or_not_at_all(knob: str) -> None:
    (told,) = faults(production(**ALIPAY | {knob: ""}))
    assert told == f"{environment_name(knob)} is missing"


def test_an_official_account_has_both_halves_and_neither_is_the_sandboxs(tmp_path: Path) -> None:
    keys = sandbox_keys.ensure(tmp_path)
    (told,) = faults(production(wechat_account_appid="wx0123456789abcde0"))
    assert told == "DIANDIAN_WECHAT_ACCOUNT_SECRET is missing"
    rehearsed = {"wechat_account_appid": keys.account_appid, "wechat_account_secret": keys.account_secret}
    assert [told.partition(" ")[2] for told in faults(production(**rehearsed))] == ["comes from the sandbox"] * 2
    assert "wechat_open_url" in str(faults(production(wechat_open_url="http://open.example"))).lower()


def test_the_keys_of_an_older_sandbox_get_an_official_account_and_keep_it(tmp_path: Path) -> None:
    made = sandbox_keys.ensure(tmp_path)
    plain = tmp_path / "sandbox.json"
    plain.write_text(re.sub(r' *"account_\w+": "[^"]+",?\n', "", plain.read_text("utf-8")), "utf-8")
    once, twice = sandbox_keys.ensure(tmp_path), sandbox_keys.ensure(tmp_path)
    assert once == twice
    assert (once.appid, once.account_appid != made.account_appid) == (made.appid, True)


def test_a_registry_with_a_wire_needs_all_of_it_and_production_refuses_the_sandboxs(tmp_path: Path) -> None:
    keys = registry_keys.ensure(tmp_path)
    knobs = {
        "registry_url": "http://127.0.0.1:8701",
        "registry_programmes": "CDCER",
        "registry_name": keys.registry,
        "registry_account": keys.account,
        "registry_key_id": keys.client_key_id,
        "registry_private_key": keys.client_private_pem,
        "registry_public_key_id": keys.registry_key_id,
        "registry_public_key": keys.registry_public_pem,
    }
    told = faults(production(**knobs))
    assert "DIANDIAN_REGISTRY_URL must begin with https://" in told
    for name in ("NAME", "ACCOUNT", "KEY_ID", "PUBLIC_KEY_ID"):
        assert f"DIANDIAN_REGISTRY_{name} comes from the sandbox" in told
    lonely = faults({"DIANDIAN_REGISTRY_URL": knobs["registry_url"]})
    assert len(lonely) == len(knobs) - 1
    assert all(fault.endswith("is missing") for fault in lonely)


def test_a_certificate_that_cannot_be_read_is_refused() -> None:
    (told,) = faults(production(wechatpay_certificates=PEM.replace("PRIVATE KEY", "CERTIFICATE")))

    assert told == "DIANDIAN_WECHATPAY_CERTIFICATES holds something that is no certificate"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("DATABASE_URL", "mysql://a@b/c", "DATABASE_URL must begin with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgresql://ddt_app:pw@db.example", "DATABASE_URL names no database"),
        ("REDIS_URL", "http://cache", "REDIS_URL must begin with redis:// or rediss:// or unix://"),
        ("DIANDIAN_KEEP_ANSWERS_DAYS", "29", "DIANDIAN_KEEP_ANSWERS_DAYS must be a number from 30 to 3650"),
        ("DIANDIAN_POOL_SIZE", "1", "DIANDIAN_POOL_SIZE must be a number from 2 to 200"),
        ("DIANDIAN_PROXY_HOPS", "0", "DIANDIAN_PROXY_HOPS must be a number from 1 to 8"),
        ("DIANDIAN_TRUSTED_PROXIES", "10.0.0.1/8", "DIANDIAN_TRUSTED_PROXIES: 10.0.0.1/8 has host bits set"),
        ("DIANDIAN_METRICS_TOKEN", "short", "DIANDIAN_METRICS_TOKEN must have at least 20 characters"),
        ("DIANDIAN_PROFILE", "staging", "DIANDIAN_PROFILE must be embedded or production"),
        ("DIANDIAN_INDEX_KEY", "c2hvcnQ=", "DIANDIAN_INDEX_KEY must be base64 of 32 bytes"),
        ("DIANDIAN_MASTER_KEYS", "only-a-name", "DIANDIAN_MASTER_KEYS must be id=base64"),
        ("DIANDIAN_CSRF_KEY_FILE", "/nowhere/key", "DIANDIAN_CSRF_KEY_FILE cannot be read: No such file or directory"),
        ("DIANDIAN_SECRET_FILE", "/nowhere/all", "DIANDIAN_SECRET_FILE cannot be read: No such file or directory"),
    ],
)
def test_a_knob_of_the_wrong_form_is_named_in_every_profile(name: str, value: str, fault: str) -> None:
    (told,) = faults({name: value})

    assert told.startswith(fault)


def test_a_secret_comes_from_the_environment_or_its_own_file_or_the_common_one(tmp_path: Path) -> None:
    own, common = tmp_path / "csrf", tmp_path / "all"
    first, second, third = key(), key(), key()
    own.write_text(second + "\n")
    common.write_text(f"DIANDIAN_CSRF_KEY={third}\nDIANDIAN_INDEX_KEY={third}\nDIANDIAN_MASTER_KEYS='a={third}'\n")
    environment = {"DIANDIAN_SECRET_FILE": str(common), "DIANDIAN_CSRF_KEY_FILE": str(own), "DIANDIAN_INDEX_KEY": first}

    settings = load(environment)

    assert (settings.index_key, settings.csrf_key, settings.master_keys) == (first, second, f"a={third}")


def test_the_common_file_may_name_a_file_for_a_secret(tmp_path: Path) -> None:
    own, common = tmp_path / "merchant.pem", tmp_path / "all"
    own.write_text(PEM + "\n")
    common.write_text(f"DIANDIAN_WECHATPAY_PRIVATE_KEY_FILE={own}\nDIANDIAN_CSRF_KEY_FILE=/nowhere/key\n")
    environment = {"DIANDIAN_SECRET_FILE": str(common)}

    settings, told = examine(environment)

    assert settings.channels["wechatpay"]["private_key"] == PEM.strip()
    assert [str(fault) for fault in told] == ["DIANDIAN_CSRF_KEY_FILE cannot be read: No such file or directory"]


def test_the_common_file_holds_a_pem_as_it_is(tmp_path: Path) -> None:
    common = tmp_path / "all"
    common.write_text(f"# of the channel\nDIANDIAN_WECHATPAY_PRIVATE_KEY={PEM}\n\nDATABASE_URL=postgresql://a:b@c/d\n")

    settings = load({"DIANDIAN_SECRET_FILE": str(common)})

    assert settings.channels["wechatpay"]["private_key"] == PEM
    assert settings.database_url == "postgresql://a:b@c/d"


def test_a_slip_in_the_common_file_is_told_without_its_value(tmp_path: Path) -> None:
    common = tmp_path / "all"
    common.write_text("hunter2\nDIANDIAN_CSRF_KEYS=hunter3\n")

    told = faults({"DIANDIAN_SECRET_FILE": str(common)})

    assert told == [
        "DIANDIAN_SECRET_FILE, line 1: not NAME=value",
        "DIANDIAN_CSRF_KEYS is no knob of ours; did you mean DIANDIAN_CSRF_KEY?",
    ]


def test_secrets_are_not_shown() -> None:
    settings, _ = examine(production())

    shown = repr(settings)
    for secret in ("pw@db.example", PEM, settings.master_keys, settings.wechat_secret, "a" * 32):
        assert secret not in shown


def test_every_knob_says_what_it_is_for() -> None:
    source = Path(environment_name.__code__.co_filename).read_text()
    body = source[source.index("class Settings:") : source.index("@property")]

    for knob in Settings.__dataclass_fields__:
        after = body.split(f"\n    {knob}: ", 1)[1].split("\n", 2)[1]
        assert after.strip().startswith('"""'), knob
    for kind in CHANNELS:
        for one in kind.knobs:
            assert one.about.endswith("."), (kind.name, one.name)


def test_wechats_push_has_both_halves_of_the_right_form_and_neither_is_the_sandboxs(tmp_path: Path) -> None:
    keys = sandbox_keys.ensure(tmp_path)
    (told,) = faults(production(wechat_push_token="t" * 20))
    assert told == "DIANDIAN_WECHAT_PUSH_KEY is missing"
    (told,) = faults(production(wechat_push_token="t" * 20, wechat_push_key="short"))
    assert told == "DIANDIAN_WECHAT_PUSH_KEY must have 43 letters and digits"
    rehearsed = {"wechat_push_token": keys.push_token, "wechat_push_key": keys.push_aes_key}
    assert [told.partition(" ")[2] for told in faults(production(**rehearsed))] == ["comes from the sandbox"] * 2
