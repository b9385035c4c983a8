"""The browser whose QR code was scanned comes in, as after a right password."""

from datetime import datetime

from app.foundation.identity.by_wechat.errors import TicketOver, WeChatNotLinked
from app.foundation.identity.by_wechat.linking import whose
from app.foundation.identity.by_wechat.tickets import TicketPurpose, find_ticket, use
from app.foundation.identity.credentials.signing_in_operators import begin_known
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.rules import SignedIn
from app.gateways.database import transaction


async def sign_in(secret: str, *, place: str, needs_factor: bool, keyring: Keyring, now: datetime) -> SignedIn:
    """A pending session where a second factor is asked for or must be set up, else one for twelve hours. Once.

    Raises:
        TicketOver: no try of this browser to sign in, or no WeChat has said yes.
        WeChatNotLinked: the WeChat that said yes opens no account, or one that is disabled.
    """
    async with transaction() as tx:
        ticket = await find_ticket(secret, now=now, tx=tx)
        if ticket.purpose is not TicketPurpose.SIGN_IN or ticket.account is None:
            raise TicketOver
        person_id = await whose(ticket.account, tx=tx)
        if person_id is None:
            raise WeChatNotLinked
        await use(ticket, now=now, tx=tx)
        return await begin_known(person_id, place=place, needs_factor=needs_factor, keyring=keyring, now=now, tx=tx)
