"""From the ids that addresses and terminals show to the rows they stand for."""

from uuid import UUID

from app import certificates
from app.commerce import orders
from app.kernel import ids


def order_id(shown: str) -> UUID:
    """The order behind `ord_…`.

    Raises:
        OrderUnknown: it is no order id at all.
    """
    uuid = ids.parse("ord", shown)
    if uuid is None:
        raise orders.OrderUnknown
    return uuid


def certificate_id(shown: str) -> UUID:
    """The certificate behind `crt_…`.

    Raises:
        CertificateUnknown: it is no certificate id at all.
    """
    uuid = ids.parse("crt", shown)
    if uuid is None:
        raise certificates.CertificateUnknown
    return uuid
