"""PayPal as a row of the table of channels: its settings, and how it is built from them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.gateways.channels.paypal.channel import PayPal
from app.gateways.channels.paypal.keys import CERTIFICATES_URL, PRODUCTION_URL, SIGNER, SIMULATOR, PayPalKeys
from app.gateways.channels.paypal.methods import LABEL, MARK, METHODS, NAME
from app.gateways.channels.paypal.trusting import read_certificates
from app.kernel.text import Text

_APP: Final = Text(
    zh="PayPal 开发者后台，Apps & Credentials，Live", en="PayPal's developer dashboard, Apps & Credentials, Live"
)
_WEBHOOKS: Final = Text(
    zh="PayPal 开发者后台，应用的 Live Webhooks", en="PayPal's developer dashboard, the app's live webhooks"
)
_MADE_UP: Final = "SANDBOX"

KNOBS: Final = (
    Knob(
        name="url", about="Where PayPal answers.", default=PRODUCTION_URL, is_address=True,
        found=Text(zh=f"例如 {PRODUCTION_URL}", en=f"such as {PRODUCTION_URL}"),
    ),
    Knob(
        name="certificates_url", default=CERTIFICATES_URL, is_address=True,
        about="The one origin that certificates of notices may be fetched from.",
        found=Text(zh=f"例如 {CERTIFICATES_URL}", en=f"such as {CERTIFICATES_URL}"),
    ),
    Knob(
        name="signer", about="The name that a certificate of notices must carry.", default=SIGNER,
        found=Text(zh=f"例如 {SIGNER}", en=f"such as {SIGNER}"),
    ),
    Knob(name="client_id", about="Client id of the app.", is_required=True, found=_APP, sandbox_start=_MADE_UP),
    Knob(name="secret", about="Secret of the app.", is_required=True, found=_APP, sandbox_start=_MADE_UP),
    Knob(
        name="merchant_id", about="Id of the account that is paid.", is_required=True, sandbox_start=_MADE_UP,
        found=Text(zh="PayPal 商家账户，账户设置，商家信息", en="PayPal's account settings, business information"),
    ),
    Knob(
        name="webhook_id", about="Id of the webhook whose address is ours.", is_required=True, found=_WEBHOOKS,
        sandbox_start=_MADE_UP,
    ),
    Knob(
        name="webhook_id_old", about="The one before it, while both are subscribed.", found=_WEBHOOKS,
        sandbox_start=_MADE_UP,
    ),
    Knob(
        name="roots", is_required=True,
        about="Root certificates, PEM: a notice's certificate must chain to one of them.",
        found=Text(
            zh="PayPal 的证书由 DigiCert 签发：DigiCert 官网下载其根证书",
            en="DigiCert issues PayPal's certificates: download its roots from DigiCert",
        ),
    ),
)  # fmt: skip


def build(values: Values, around: Surroundings) -> PayPal:
    """One merchant's channel. Where notices arrive PayPal learns from its dashboard, not from our calls.

    Raises:
        ValueError: something PayPal would refuse, or whose notices anybody could write.
    """
    del around
    return PayPal(
        PayPalKeys(
            client_id=values.get("client_id", ""),
            client_secret=values.get("secret", ""),
            merchant_id=values.get("merchant_id", ""),
            webhook_id=values.get("webhook_id", ""),
            previous_webhook_id=values.get("webhook_id_old") or None,
            roots=values.get("roots", ""),
            base_url=values.get("url") or PRODUCTION_URL,
            certificates_url=values.get("certificates_url") or CERTIFICATES_URL,
            signer=values.get("signer") or SIGNER,
        )
    )


def rehearsed(values: Values) -> Iterator[tuple[str, Text]]:
    """Addresses and names that are not PayPal's own, or its sandbox's; the simulator's webhook; roots of the sandbox."""
    for name, default in (("url", PRODUCTION_URL), ("certificates_url", CERTIFICATES_URL)):
        address = values.get(name) or default
        if address.startswith("https://") and not _is_paypals(urlsplit(address).hostname or ""):
            yield name, Text(zh=" 不是 PayPal 的正式地址", en=" is no address of PayPal's for real money")
    if not _is_paypals(values.get("signer") or SIGNER):
        yield "signer", Text(zh=" 不是 PayPal 的正式名称", en=" is no name of PayPal's for real money")
    for name in ("webhook_id", "webhook_id_old"):
        if values.get(name) == SIMULATOR:
            yield (
                name,
                Text(zh=" 是模拟器的编号，任何人都能用它签名", en=" is the simulator's: anybody can sign with it"),
            )
    certificates = read_certificates(values.get("roots", "").encode())
    if values.get("roots") and not certificates:
        yield "roots", Text(zh=" 里有一段不是证书", en=" holds something that is no certificate")
    if any(_MADE_UP in one.subject.rfc4514_string() for one in certificates):
        yield "roots", Text(zh=" 里有沙箱的证书", en=" holds a certificate of the sandbox")


def _is_paypals(host: str) -> bool:
    return host.endswith(".paypal.com") and "sandbox" not in host.split(".")


KIND: Final = Kind(
    name=NAME, label=LABEL, mark=MARK, methods=METHODS, knobs=KNOBS, build=build, rehearsed=rehearsed,
    bill_after=timedelta(hours=3),
)  # fmt: skip
