"""Certificate mode of Alipay: what calls name, what is believed, and a certificate of the platform that changes meanwhile."""

import base64
from datetime import timedelta

import pytest

from app.gateways.channels.alipay import AlipayKeys, certificates, signing
from app.gateways.channels.alipay.trusting import TrustedCertificates
from app.gateways.channels.base import Done, NotAuthentic, Opening, Pending, RawRequest, Unknown
from app.kernel.clock import utc_now
from app.sandbox.alipay import certificates as far
from tests.wire import alipay_asking
from tests.wire.alipay_asking import charge, ours_for, pays, trade
from tests.wire.wechatpay_forging import private_pem


@pytest.fixture
async def ours(sandbox, notice_door):
    channel = ours_for(sandbox, notice_door.url, **alipay_asking.certificates(sandbox))
    yield channel
    await channel.aclose()


@pytest.fixture
def given(sandbox):
    """The keys of certificate mode."""
    return ours_for(sandbox, **alipay_asking.certificates(sandbox))._keys


async def rotated(sandbox, kind="platform"):
    return (await sandbox.control("POST", "alipay/certificates", {"kind": kind}))["alipay_cert_sn"]


async def told(sandbox, notice_door, one):
    """The notice of a payment, which is made now."""
    count = len(notice_door.deliveries)
    await pays(sandbox, one)
    delivery = (await notice_door.wait(count + 1))[count]
    return RawRequest(body=delivery.body, headers=delivery.headers)


async def test_a_payment_is_opened_told_and_asked_about_under_certificates_alone(ours, sandbox, notice_door):
    one = charge()
    assert isinstance(await ours.open(one), Opening)
    notice = await ours.read_notice(await told(sandbox, notice_door, one))
    assert isinstance(notice.outcome, Done)
    assert await ours.query(trade(one)) == notice.outcome


async def test_the_sandbox_refuses_a_call_that_names_another_certificate(sandbox):
    sandbox.expect_refusals()
    wrong = alipay_asking.certificates(sandbox)
    swapped = wrong | {
        "root_certificates": wrong["root_certificates"].replace("\n\n", "\n") + far.ensure(sandbox.folder).authority
    }
    ours = ours_for(sandbox, **swapped)
    assert await ours.query(trade(charge())) == Pending(code="UNSIGNED")
    await ours.aclose()
    (refusal,) = await sandbox.refusals()
    assert refusal["code"] == "isv.invalid-alipay-root-cert-sn"


async def test_an_answer_that_names_a_newer_certificate_makes_us_fetch_it_once(ours, sandbox, notice_door):
    await rotated(sandbox)
    assert isinstance(await ours.query(trade(charge())), Unknown)  # believed at once
    one = charge()
    await ours.open(one)
    assert isinstance((await ours.read_notice(await told(sandbox, notice_door, one))).outcome, Done)


async def test_a_notice_under_a_newer_certificate_is_not_lost_though_it_names_none(ours, sandbox, notice_door):
    one = charge()
    await ours.open(one)
    await rotated(sandbox)
    assert isinstance((await ours.read_notice(await told(sandbox, notice_door, one))).outcome, Done)


@pytest.mark.parametrize("kind", ["merchant", "stranger", "expired"])
async def test_a_certificate_of_anybody_else_is_not_believed_however_it_is_handed_out(ours, sandbox, notice_door, kind):
    one = charge()
    await ours.open(one)
    await rotated(sandbox, kind)
    assert await ours.query(trade(one)) == Pending(code="UNSIGNED")
    with pytest.raises(NotAuthentic):
        await ours.read_notice(await told(sandbox, notice_door, one))


async def test_forged_notices_make_us_look_once_a_minute_and_no_more(sandbox, notice_door):
    later = timedelta()
    ours = ours_for(sandbox, notice_door.url, clock=lambda: utc_now() + later, **alipay_asking.certificates(sandbox))
    one = charge()
    await ours.open(one)
    forged = await told(sandbox, notice_door, one)
    forged = RawRequest(body=forged.body.replace(b"total_amount=0.62", b"total_amount=0.61"), headers=forged.headers)
    asked = []
    renewal = ours._wire._renewal
    tell = renewal._tell

    async def counted(method, content, **fields):
        asked.append(method)
        return await tell(method, content, **fields)

    renewal._tell = counted
    for seconds in (0, 1, 30, 59):
        later = timedelta(seconds=seconds)
        with pytest.raises(NotAuthentic):
            await ours.read_notice(forged)
    assert asked == ["alipay.trade.query"]
    later = timedelta(seconds=61)
    with pytest.raises(NotAuthentic):
        await ours.read_notice(forged)
    assert len(asked) == 2
    await ours.aclose()


async def test_a_forged_notice_is_refused_and_not_put_off_while_the_platform_is_silent(ours, sandbox, notice_door):
    one = charge()
    await ours.open(one)
    genuine = await told(sandbox, notice_door, one)
    ours._wire._url = "http://127.0.0.1:9/gateway.do"
    forged = RawRequest(body=genuine.body.replace(b"0.62", b"0.61"), headers=genuine.headers)
    with pytest.raises(NotAuthentic):
        await ours.read_notice(forged)


async def test_while_an_app_moves_over_answers_and_notices_of_both_modes_are_believed(sandbox, notice_door):
    both = alipay_asking.certificates(sandbox) | {"alipay_public_keys": (ours_for(sandbox)._keys.alipay_public_keys)}
    moving, before = ours_for(sandbox, notice_door.url, **both), ours_for(sandbox, notice_door.url)
    first, second = charge(), charge()
    await before.open(first)
    under_key = await told(sandbox, notice_door, first)
    await moving.open(second)
    under_certificate = await told(sandbox, notice_door, second)
    for raw in (under_key, under_certificate):
        assert isinstance((await moving.read_notice(raw)).outcome, Done)
    with pytest.raises(NotAuthentic):
        await before.read_notice(under_certificate)
    await moving.aclose()
    await before.aclose()


def test_both_sides_name_certificates_alike_and_roots_of_other_keys_are_in_no_name(sandbox):
    kept = far.ensure(sandbox.folder)
    for pem in (kept.app, kept.platform, kept.authority):
        assert certificates.name_of(certificates.read(pem)[0]) == far.serial_name(pem)
    roots = certificates.read(kept.roots)
    assert len(roots) == 2
    assert certificates.names_of_roots(roots) == far.serial_name(kept.root)


def test_a_root_that_cannot_be_read_is_passed_over_as_alipays_own_file_needs(sandbox):
    kept = far.ensure(sandbox.folder)
    faulty = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVegAwIBAgII\n-----END CERTIFICATE-----\n"
    roots = certificates.read(faulty + kept.roots, may_skip=True)
    assert certificates.names_of_roots(roots) == far.serial_name(kept.root)
    with pytest.raises(ValueError, match="cannot be read"):
        certificates.read(faulty + kept.platform)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"app_certificate": ""}, "three files"),
        ({"root_certificates": ""}, "three files"),
        ({"alipay_certificates": ()}, "three files"),
        ({"app_certificate": "platform"}, "not of the app's private key"),
        ({"app_private_key": "other"}, "not of the app's private key"),
        ({"root_certificates": "app"}, "does not lead to Alipay's roots"),
        ({"alipay_certificates": ("nonsense",)}, "no certificate in PEM"),
    ],
)
def test_files_that_do_not_belong_together_are_refused_at_the_start(sandbox, given, changed, why):
    kept = far.ensure(sandbox.folder)
    known = {"platform": kept.platform, "app": kept.app, "other": private_pem("merchant")}
    values = {name: getattr(given, name) for name in AlipayKeys.__slots__}
    changed = {name: known.get(value, value) if isinstance(value, str) else value for name, value in changed.items()}
    with pytest.raises(ValueError, match=why):
        signing.Signer(AlipayKeys(**values | changed))


def test_the_holder_of_an_apps_certificate_cannot_issue_one_in_the_platforms_name(sandbox, given):
    kept = far.ensure(sandbox.folder)
    authority = certificates.read(kept.authority)[0]
    key, public = far.keys.pair()
    # The app's key signs an "authority" of the true one's name, which the true authority stands above as issuer of the app.
    app_key = far.keys.ensure(sandbox.folder).app_private_pem
    fake = far._issue(
        authority.subject, public, kept.app, app_key, at=utc_now() - timedelta(hours=1), is_authority=True
    )
    leaf = far._issue(certificates.read(kept.platform)[0].subject, public, fake, key, at=utc_now() - timedelta(hours=1))
    chain = base64.b64encode((leaf + fake + kept.app + kept.authority).encode()).decode()
    trusted = signing.Signer(given).trusted
    assert isinstance(trusted, TrustedCertificates)
    assert trusted.learn(far.serial_name(leaf), chain, at=utc_now()) == "no chain to a root"


@pytest.mark.parametrize(
    ("content", "why"),
    [("!", "unreadable"), ("QUJD", "unreadable"), ("A" * 70_000, "too long")],
    ids=["no", "text", "long"],
)
def test_what_is_no_certificate_is_not_learned(given, content, why):
    trusted = signing.Signer(given).trusted
    assert trusted is not None
    assert trusted.learn("0" * 32, content, at=utc_now()) == why
    other = far_chain(given)
    assert trusted.learn("0" * 32, other, at=utc_now()) == "another name"


def far_chain(given):
    return base64.b64encode(given.alipay_certificates[0].encode()).decode()


def test_a_certificate_past_its_time_counts_no_more(given):
    trusted = signing.Signer(given).trusted
    assert trusted is not None
    assert trusted.valid(utc_now())
    assert trusted.valid(utc_now() + timedelta(days=1900)) == {}
