"""Our side of DRP-1 with the sandbox's keys, and cancellations to ask for."""

import itertools

from app.gateways.registries.base import Cancellation
from app.gateways.registries.drp import Drp, DrpKeys
from app.sandbox import registry_keys

_numbers = itertools.count(1)
SERIAL = "CDCER-2022-0113-1-100"


def ours_for(sandbox, *, read_timeout_s=5.0, clock=None, **changed):
    """Our side with the sandbox's keys."""
    keys = registry_keys.ensure(sandbox.folder)
    values = {
        "registry": keys.registry,
        "account": keys.account,
        "key_id": keys.client_key_id,
        "private_key": keys.client_private_pem,
        "registry_keys": {keys.registry_key_id: keys.registry_public_pem},
        "base_url": sandbox.url,
    }
    more = {"clock": clock} if clock else {}
    return Drp(DrpKeys(**values | changed), read_timeout_s=read_timeout_s, **more)


def wanted(first=1, last=3, **changed):
    """Three tonnes under a reference nobody has used."""
    values = {
        "reference": f"UC-20261122-{next(_numbers):08d}",
        "programme": "CDCER",
        "serial": SERIAL,
        "first": first,
        "last": last,
        "beneficiary": "示例环境交易所",
    }
    return Cancellation(**values | changed)


async def issue(sandbox, *, serial=SERIAL, first=1, last=100, **more):
    """Let the registry hold units of ours."""
    block = {"programme": "CDCER", "serial": serial, "first": first, "last": last} | more
    await sandbox.control("POST", "registry/units", [block])
