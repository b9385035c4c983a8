"""What the wire's own tests add to the far side of `tests/far_side.py`: independent clients of WeChat Pay."""

from collections.abc import AsyncIterator, Callable
from functools import cache

import pytest
import wechatpayv3.async_.core
from wechatpayv3.async_ import AsyncWeChatPay
from wechatpayv3.async_.type import WeChatPayType

from tests.far_side import NoticeDoor, Sandbox, notice_door, own_sandbox, sandbox, sandbox_process

__all__ = ["notice_door", "own_sandbox", "sandbox", "sandbox_process"]  # fixtures, found by their names


@pytest.fixture
async def oracle(sandbox: Sandbox, notice_door: NoticeDoor) -> AsyncIterator[AsyncWeChatPay]:
    """An independent client of WeChat Pay, in public-key mode, pointed at the sandbox."""
    client = oracle_for(sandbox, notice_door.url)
    async with client:
        yield client


# It reads its key anew for each client, and OpenSSL takes 60 ms to prove the primes of one.
wechatpayv3.async_.core.load_private_key = cache(wechatpayv3.async_.core.load_private_key)


def oracle_for(sandbox: Sandbox, notify_url: str, *, with_public_key: bool = True) -> AsyncWeChatPay:
    keys = sandbox.keys
    client = AsyncWeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=keys.mchid,
        private_key=keys.merchant_private_key_pem,
        cert_serial_no=keys.merchant_serial,
        appid=keys.appid,
        apiv3_key=keys.apiv3_key,
        notify_url=notify_url,
        public_key=keys.platform_public_key_pem if with_public_key else None,
        public_key_id=keys.platform_public_key_id if with_public_key else None,
        timeout=(2, 10),
    )
    client._core._gate_way = sandbox.url
    return client


@pytest.fixture
def make_oracle(sandbox: Sandbox, notice_door: NoticeDoor) -> Callable[..., AsyncWeChatPay]:
    """Further independent clients; `with_public_key=False` lives by platform certificates alone."""
    return lambda **options: oracle_for(sandbox, notice_door.url, **options)


@pytest.fixture
def make_own_oracle(notice_door: NoticeDoor) -> Callable[[Sandbox], AsyncWeChatPay]:
    """An independent client for a far side of the test's own."""
    return lambda sandbox: oracle_for(sandbox, notice_door.url)
