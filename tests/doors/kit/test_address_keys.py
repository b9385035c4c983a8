"""Of an address only its customer's part counts, and none of it can be read back."""

import pytest

from app.web.kit.requests.address_keys import customer_part


@pytest.mark.parametrize(
    ("host", "part"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2aff::1", "2001:db8:1:2a00::/56"),
        ("2001:db8:1:2a01:ffff::9", "2001:db8:1:2a00::/56"),
        ("2001:db8:1:2b00::1", "2001:db8:1:2b00::/56"),
        ("testclient", None),
        ("", None),
    ],
)
def test_an_ipv4_address_or_the_part_of_an_ipv6_that_one_customer_has(host: str, part: str | None) -> None:
    assert customer_part(host, ipv6_prefix=56) == part
