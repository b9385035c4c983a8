"""Fetching the platform's certificates: when a message names one we lack, seldom, at once for all, never forgetting."""

import asyncio
from datetime import timedelta

import pytest

from app.gateways.channels.base import NotAuthentic, Pending
from app.kernel.errors import Unavailable
from tests.wire.wechatpay_asking import trade
from tests.wire.wechatpay_forging import (
    NOW,
    PREVIOUS_API_V3_KEY,
    PUBLIC_KEY_ID,
    REFERENCE,
    SERIAL,
    certificate,
    certificate_list,
    compact,
    far_side,
    genuine,
    http,
    our_side,
    signed,
    transaction,
)

NEW_SERIAL = SERIAL + 1
NEW = f"{NEW_SERIAL:X}"


def new_certificate() -> str:
    return certificate("rotated", serial=NEW_SERIAL)


def by_the_new_one(**how):
    return genuine(signer="rotated", serial=NEW, **how)


def listed(*pems, key=None, **how):
    """The certificate list as an HTTP answer."""
    body = certificate_list(*pems) if key is None else certificate_list(*pems, key=key)
    return http(200, signed(body, **how))


async def test_a_rotated_certificate_is_fetched_and_its_notice_read():
    async with far_side(lambda _: listed(new_certificate(), signer="rotated", serial=NEW)) as far:
        ours = our_side(base_url=far.url, platform_public_keys={}, platform_certificates=())
        assert (await ours.read_notice(by_the_new_one())).mismatch is None
        assert far.heads[0].startswith(b"GET /v3/certificates HTTP/1.1")


async def test_a_new_certificate_does_not_push_out_the_old_one():
    async with far_side(lambda _: listed(new_certificate(), signer="rotated", serial=NEW)) as far:
        ours = our_side(base_url=far.url)
        await ours.read_notice(by_the_new_one())
        for signer, serial in (("certificate", f"{SERIAL:X}"), ("platform", PUBLIC_KEY_ID), ("rotated", NEW)):
            assert (await ours.read_notice(genuine(signer=signer, serial=serial))).mismatch is None
        assert len(far.heads) == 1


async def test_a_flood_of_unknown_serials_asks_once_a_minute():
    now = [NOW]
    async with far_side(lambda _: listed(new_certificate())) as far:
        ours = our_side(base_url=far.url, now=lambda: now[0])
        flood = [genuine(signer="stranger", serial=f"{SERIAL + 100 + n:X}") for n in range(30)]
        answers = await asyncio.gather(*map(ours.read_notice, flood), return_exceptions=True)
        assert all(isinstance(answer, NotAuthentic) for answer in answers)
        assert len(far.heads) == 1
        now[0] = NOW + timedelta(seconds=59)
        with pytest.raises(NotAuthentic):
            await ours.read_notice(flood[0])
        assert len(far.heads) == 1
        now[0] = NOW + timedelta(seconds=60)
        with pytest.raises(NotAuthentic):
            await ours.read_notice(flood[0])
        assert len(far.heads) == 2


async def test_many_notices_of_a_new_certificate_wait_for_one_fetch():
    async with far_side(lambda _: listed(new_certificate())) as far:
        ours = our_side(base_url=far.url)
        notices = await asyncio.gather(*(ours.read_notice(by_the_new_one()) for _ in range(20)))
        assert {notice.mismatch for notice in notices} == {None}
        assert len(far.heads) == 1


async def test_a_forged_flood_in_an_outage_leaves_the_known_keys_believed():
    async with far_side(lambda _: b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as far:
        ours = our_side(base_url=far.url)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await ours.read_notice(by_the_new_one())
        assert len(far.heads) == 1
        assert (await ours.read_notice(genuine(signer="certificate", serial=f"{SERIAL:X}"))).mismatch is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda: listed(new_certificate(), key="w" * 32, signer="rotated", serial=NEW), id="another-key"),
        pytest.param(lambda: listed(new_certificate(), signer="stranger"), id="signed-by-a-stranger"),
        pytest.param(lambda: listed(new_certificate(), at=NOW - timedelta(minutes=6)), id="an-old-list-replayed"),
        pytest.param(lambda: http(200, signed(b'{"data":[{}]}')), id="no-certificate-in-it"),
        pytest.param(lambda: http(200, signed(b"[]")), id="not-a-list"),
        pytest.param(lambda: http(404, signed(b'{"code":"RESOURCE_NOT_EXISTS"}')), id="none-for-us"),
    ],
)
async def test_a_certificate_list_that_is_not_proved_brings_no_key(answer):
    async with far_side(lambda _: answer()) as far:
        ours = our_side(base_url=far.url)
        with pytest.raises(NotAuthentic, match="serial"):
            await ours.read_notice(by_the_new_one())


async def test_a_list_sealed_under_the_replaced_key_is_read_for_a_day():
    async with far_side(lambda _: listed(new_certificate(), key=PREVIOUS_API_V3_KEY)) as far:
        ours = our_side(
            base_url=far.url, previous_api_v3_key=PREVIOUS_API_V3_KEY, api_v3_key_changed_at=NOW - timedelta(hours=1)
        )
        assert (await ours.read_notice(by_the_new_one())).mismatch is None


async def test_a_fetched_certificate_past_its_time_signs_nothing():
    old = certificate("rotated", serial=NEW_SERIAL, ends_at=NOW - timedelta(days=1))
    async with far_side(lambda _: listed(old)) as far:
        ours = our_side(base_url=far.url)
        with pytest.raises(NotAuthentic, match="serial"):
            await ours.read_notice(by_the_new_one())


async def test_an_answer_under_an_unknown_certificate_is_believed_once_it_is_fetched():
    def answer(head: bytes) -> bytes:
        if b"/v3/certificates" in head:
            return listed(new_certificate())
        return http(200, signed(compact(transaction()), signer="rotated", serial=NEW))

    async with far_side(answer) as far:
        outcome = await our_side(base_url=far.url).query(trade(REFERENCE))
        assert not isinstance(outcome, Pending)
        assert len(far.heads) == 2


async def test_an_answer_whose_certificate_cannot_be_fetched_is_unknown_not_unsent():
    def answer(head: bytes) -> bytes | None:
        if b"/v3/certificates" in head:
            return None
        return http(200, signed(compact(transaction()), signer="rotated", serial=NEW))

    async with far_side(answer) as far:
        assert await our_side(base_url=far.url).query(trade(REFERENCE)) == Pending(code="UNSIGNED")
