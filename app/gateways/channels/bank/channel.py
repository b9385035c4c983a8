"""Our bank account as a channel: nothing is sent, nothing is asked, and closing is ours to decide."""

from datetime import date

from app.gateways.channels.bank.methods import LABEL, MARK, NAME, remark_of, transfer
from app.gateways.channels.base import (
    Bill,
    BillLine,
    Charge,
    Closed,
    Ending,
    Method,
    NoBill,
    NotAuthentic,
    Notice,
    Opening,
    Outcome,
    Pending,
    RawRequest,
    RawResponse,
    Refund,
    Refused,
    Trade,
    TradeStatus,
    Transfer,
    Unknown,
)

_BY_HAND = Refused(code="BY_HAND", text="a person transfers it back, and a second one agrees")


class Bank:
    """One account of ours. What arrives there is known once two people have said so, never from here."""

    name: str = NAME
    label = LABEL
    mark: str = MARK

    def __init__(self, *, holder: str, bank: str, account: str, workdays: int) -> None:
        self._holder, self._bank, self._account = holder, bank, account
        self.methods: tuple[Method, ...] = (transfer(workdays),)

    @property
    def account(self) -> str:
        """The account's number, as the settings have it."""
        return self._account

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Where to transfer to, with a remark of this payment's own."""
        return Opening(
            transfer=Transfer(
                holder=self._holder, bank=self._bank, account=self._account, remark=remark_of(charge.reference)
            )
        )

    async def advance(self, trade: Trade) -> TradeStatus:
        """Nobody approves anything before us."""
        return await self.query(trade)

    async def query(self, trade: Trade) -> TradeStatus:
        """Not known here; whether money came stands in the bank's own list."""
        del trade
        return Pending(code="NO_RECEIPT")

    async def close(self, trade: Trade) -> Ending:
        """We are the far side. What still comes is late, and treated as such."""
        del trade
        return Closed(code="CLOSED")

    async def refund(self, refund: Refund) -> Outcome:
        """No program of ours moves money out of the account."""
        del refund
        return _BY_HAND

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """The same."""
        del refund
        return _BY_HAND

    async def read_notice(self, raw: RawRequest) -> Notice:
        """There is no such message."""
        del raw
        raise NotAuthentic("probe")

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """Nobody is told anything."""
        del accepted, retry
        return RawResponse(status=404, body=b"", media_type="text/plain")

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """The bank's list is not fetched."""
        del day
        return NoBill(code="BY_HAND")

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """Nothing is fetched, so there is nothing to read."""
        del bill
        return ()

    async def aclose(self) -> None:
        """Nothing is open."""
