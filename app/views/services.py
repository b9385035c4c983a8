"""What views and doors are handed by the entrance: one record, found at `app.state.services`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from app import certificates, footprint
from app.certificates.rendering import Press
from app.commerce import orders
from app.foundation import consents, identity, moderation, retention
from app.gateways.bundle import Gateways
from app.gateways.replica import Reads
from app.programmes import gifts, wall
from app.registry import claims, credits, holdings
from app.views.answer_cache import AnswerCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Built once per process."""

    gateways: Gateways
    keyring: identity.Keyring
    factor_set: footprint.FactorSet
    recognition: holdings.Recognition
    issuer: certificates.Issuer
    form_key: bytes
    profiles: claims.ProfileSet
    """The rule profiles that claims may ask for, and that of those which ask for none."""
    consents: consents.ConsentTexts
    """What people are asked to agree to."""
    keep: retention.Keep
    """How long information is kept, as the privacy page says."""
    words: moderation.WordList
    """What may not stand in a name that others see."""
    bounds: orders.Bounds
    """How much may be set aside without being paid."""
    alone_g: int
    """What one person of an organisation may retire of its holding alone; above it two agree."""
    ipv6_prefix: int
    """Leading bits of an IPv6 address that are one address, where unpaid orders are counted."""
    press: Callable[[], Press]
    """What prints for organisers; loads its fonts with the first call, since few processes ever print."""
    wechat_appid: str
    cashier_url: str
    """The sandbox's cashier for QR codes, without a slash at the end; empty outside a demo."""
    screens: wall.Screens
    """The big screens that are on in this process."""
    needs_factor: bool = False
    """Whether operators must bring a second factor."""
    demo_key: str = ""
    """Opens the demo's one-click roles; empty outside a demo."""
    demo_scene: str = ""
    """The scene those roles begin at."""
    rate_days: int = credits.RATE_DAYS
    """How many days old an exchange rate may be."""
    name_wait: timedelta = timedelta(seconds=60)
    """How long the paper of a gift waits for its receiver's name."""
    gift_grace: timedelta = timedelta(days=7)
    """How long after a gift's end its sponsor may have the rest refunded, before it goes to their holding."""
    counter: gifts.Counter = field(default_factory=gifts.Counter)
    """Where the people of this process line up to collect gifts."""
    reads: Reads = field(default_factory=Reads)
    """Where what anybody may see is read: a standby while it is fresh, or the primary."""
    answers: AnswerCache = field(default_factory=AnswerCache)
    """Answers told for a second without asking again."""
