"""Addresses of PostgreSQL, read in one way whoever asks."""

import pytest

from app.gateways.postgresql import addresses
from app.gateways.postgresql.addresses import Address, AddressUnfit
from config.loading import examine

ENTRANCES = ("DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_READ_URL", "DATABASE_OWNER_URL")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u:p%40w@db.example:6432/dd", [("db.example", 6432)]),
        ("postgres://u@db.example/dd?sslmode=require", [("db.example", 5432)]),
        ("postgresql://u@/dd?host=/run/pg", [("/run/pg", 5432)]),
        ("postgresql://u@/dd?host=/run/pg&port=6000", [("/run/pg", 6000)]),
        ("postgresql://u:p@a:1,b:2,c/dd?target_session_attrs=read-write", [("a", 1), ("b", 2), ("c", 5432)]),
        ("postgresql://u@/dd?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgresql://u@/dd?host=/run/a,/run/b", [("/run/a", 5432), ("/run/b", 5432)]),
        ("postgresql://u@a,b/dd?port=6432", [("a", 6432), ("b", 6432)]),
        ("postgresql://u@[::1]:6432/dd", [("::1", 6432)]),
        ("postgresql://u@%2Frun%2Fpg/dd", [("/run/pg", 5432)]),
        ("postgresql:///dd", [(None, 5432)]),
    ],
)
def test_an_address_says_its_hosts_in_their_order(url: str, wanted: list[tuple[str | None, int]]) -> None:
    assert addresses.places(url) == wanted
    assert addresses.unfit(url) is None


@pytest.mark.parametrize(
    "url", ["postgresql://u@a:x/dd", "postgresql://u@a:70000/dd", "postgresql://u@/dd?host=a,b,c&port=1,2"]
)
def test_an_address_with_ports_that_are_none_is_refused(url: str) -> None:
    with pytest.raises(AddressUnfit):
        addresses.places(url)
    assert addresses.unfit(url) is not None


@pytest.mark.parametrize("name", ENTRANCES)
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("application_name=x", "application_name"),
        ("options=-c%20lock_timeout%3D0", "options"),
        ("connect_timeout=3&lock_timeout=0", "connect_timeout, lock_timeout"),
    ],
)
def test_what_an_address_would_tell_the_server_at_the_start_is_refused_by_name(
    name: str, query: str, told: str
) -> None:
    faults = examine({name: f"postgresql://u:secret@a/dd?sslmode=require&{query}"})[1]

    assert [str(fault) for fault in faults] == [f"{name} says what we cannot keep: {told}"]
    assert "secret" not in faults[0].fix_en + faults[0].zh + faults[0].fix_zh


@pytest.mark.parametrize("name", ENTRANCES)
def test_several_hosts_and_the_roots_of_tls_are_taken_by_every_address(name: str) -> None:
    url = "postgresql://u@a:1,b:2/dd?sslmode=verify-full&sslrootcert=/etc/ssl/own.pem&passfile=/run/secrets/pg"

    assert examine({name: url})[1] == []


def test_decisions_are_never_led_to_a_standby_by_their_address() -> None:
    url = "postgresql://u@a,b/dd?target_session_attrs=prefer-standby"
    led = {name: examine({name: url})[1] for name in ENTRANCES}

    assert {name for name, faults in led.items() if not faults} == {"DATABASE_READ_URL"}


def test_an_address_is_not_shown_where_a_pool_is() -> None:
    assert "secret" not in repr(Address("postgresql://u:secret@a/dd"))


@pytest.mark.parametrize(
    ("told", "seconds"), [("0", 0), ("5s", 5), ("500ms", 0.5), ("1min", 60), ("2h", 7200), ("1d", 86_400)]
)
def test_a_time_out_is_read_as_postgresql_shows_it(told: str, seconds: float) -> None:
    assert addresses.seconds(told) == seconds
