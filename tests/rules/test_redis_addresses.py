"""The address of Redis, read by workers as the API reads it."""

import pytest
from redis.asyncio import ConnectionPool

from workers.job_queue import _redis

ADDRESSES = (
    "redis://cache.example",
    "redis://:p%40w%2F@cache.example:6380/3",
    "redis://u:p@cache.example:6379/0",
    "rediss://u:p%3Aw@cache.example:6380/1?ssl_ca_certs=/etc/ssl/own.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem",
    "unix:///run/valkey.sock?db=9",
)


@pytest.mark.parametrize("url", ADDRESSES)
def test_workers_read_an_address_of_redis_as_the_api_does(url: str) -> None:
    api = ConnectionPool.from_url(url).connection_kwargs
    worker = _redis(url)

    assert (worker.password, worker.username, worker.database) == (
        api.get("password"),
        api.get("username"),
        api.get("db", 0),
    )
    assert worker.unix_socket_path == api.get("path")
    assert (worker.host, worker.port) == (api.get("host", "localhost"), api.get("port", 6379))
    assert worker.ssl is url.startswith("rediss")
    assert {name: getattr(worker, name) for name in api if name.startswith("ssl_")} == {
        name: value for name, value in api.items() if name.startswith("ssl_")
    }
