"""One call to a far side over HTTPS: a client that trusts nothing but public authorities, an answer read within bounds.

What a call means, and whether its answer is believed, is for the gateway that makes it.
"""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final

import httpx

from app.gateways import tracing
from app.kernel.errors import Unavailable
from app.kernel.outcome import Pending

_CONNECT_TIMEOUT_S: Final = 3.0


def open_client(base_url: str, *, read_timeout_s: float, connections_max: int) -> httpx.AsyncClient:
    """The connections to one far side, half of them kept for the next call. It follows no redirect and no proxy."""
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(read_timeout_s, connect=_CONNECT_TIMEOUT_S, pool=_CONNECT_TIMEOUT_S),
        limits=httpx.Limits(
            max_connections=connections_max, max_keepalive_connections=connections_max // 2, keepalive_expiry=20
        ),
        verify=trusted_authorities(),
        follow_redirects=False,
        trust_env=False,
    )


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, *, far_side: str, read_timeout_s: float, answer_bytes_max: int
) -> tuple[int, Mapping[str, str], bytes] | Pending:
    """Status, headers by their lower-case names, and bytes as they came, not yet believed; `Pending` once it was sent
    and no whole answer came back. The far side is told the id of the request that led to the call, where there is one.

    Raises:
        Unavailable: no connection could be made, so nothing was sent.
    """
    if (request_id := tracing.current()) is not None:
        request.headers[tracing.HEADER] = request_id
    try:
        # For one call as a whole: a read time-out alone lets an answer trickle in for ever.
        async with asyncio.timeout(_CONNECT_TIMEOUT_S + 2 * read_timeout_s):
            response = await client.send(request, stream=True)
            try:
                raw = bytearray()
                async for chunk in response.aiter_bytes():
                    raw += chunk
                    if len(raw) > answer_bytes_max:
                        return Pending(code="BAD_ANSWER")
            finally:
                await response.aclose()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as silence:
        raise Unavailable(f"{far_side}: no connection") from silence
    except (httpx.TimeoutException, TimeoutError):
        return Pending(code="TIMEOUT")
    except httpx.TransportError:
        return Pending(code="RESET")
    except httpx.DecodingError:
        return Pending(code="BAD_ANSWER")
    return response.status_code, dict(response.headers), bytes(raw)


@cache
def trusted_authorities() -> ssl.SSLContext:
    """One for the process: reading some hundred certificates costs more than the rest of a start."""
    return httpx.create_ssl_context(trust_env=False)
