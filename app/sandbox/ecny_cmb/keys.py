"""The keys and numbers of both sides of this wire, made once per folder.

How a client recognises them, so that production can refuse them: merchant number, app id and app secret begin with SANDBOX.
"""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from app.sandbox.ecny_cmb import sm2
from app.sandbox.keys import MARK

_FILE: Final = "ecny_cmb.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EcnyCmbKeys:
    """Everything either side needs. The client gets its own half and the bank's public keys."""

    merchant: str
    cashier: str
    app_id: str
    app_secret: str = field(repr=False)
    merchant_private: str = field(repr=False)
    """64 hexadecimal digits."""
    bank_private: str = field(repr=False)
    next_bank_private: str = field(repr=False)
    """What the bank signs with after a rotation; its client knows both all the time."""

    @property
    def merchant_public(self) -> sm2.Point:
        """Of the client's key, as it handed it in."""
        return sm2.public_of(int(self.merchant_private, 16))


@cache
def ensure(folder: Path) -> EcnyCmbKeys:
    """The keys kept in `folder`, made on first use; the file is private (0600)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"about": MARK, **asdict(_make())}, ensure_ascii=False, indent=2) + "\n", "utf-8")
        draft.replace(path)
    values = json.loads(path.read_text("utf-8"))
    del values["about"]
    return EcnyCmbKeys(**values)


def knobs(folder: Path, url: str) -> dict[str, str]:
    """What our side must be set to in order to meet it at `url`."""
    keys = ensure(folder)
    told = {
        "url": url,
        "bill_url": f"{url}/bill/check",
        "merchant": keys.merchant,
        "cashier": keys.cashier,
        "app_id": keys.app_id,
        "app_secret": keys.app_secret,
        "private_key": keys.merchant_private,
        "public_key": written(keys.bank_private),
        "public_key_next": written(keys.next_bank_private),
        "terminal_ip": "127.0.0.1",
        "trade_place": "SANDBOX",
    }
    return {f"ecny_cmb_{name}": value for name, value in told.items()}


def written(private: str) -> str:
    """The public half of a key as the bank hands it out: base64 of its ASN.1."""
    return base64.b64encode(sm2.to_asn1(sm2.public_of(int(private, 16)))).decode()


def _make() -> EcnyCmbKeys:
    return EcnyCmbKeys(
        merchant="SANDBOX" + str(secrets.randbelow(10**15)).zfill(15),
        cashier="N" + str(secrets.randbelow(10**9)).zfill(9),
        app_id="SANDBOX-" + secrets.token_hex(12),
        app_secret="SANDBOX-" + secrets.token_hex(12),
        merchant_private=f"{sm2.new_private():064x}",
        bank_private=f"{sm2.new_private():064x}",
        next_bank_private=f"{sm2.new_private():064x}",
    )
