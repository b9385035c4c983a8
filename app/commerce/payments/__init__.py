"""Payments (支付): attempts to be paid through a channel, and what the channel says about them.

offer()        the ways to pay that work where somebody stands; first() of them; choose() finds one by its key
least_minor()  the smallest amount of a currency that some way to pay takes there
prepare()      write an attempt down, in the caller's transaction, before anything is sent
open_payment() ask the channel for what the phone needs
receive()      a channel's message: verify, keep, move the state, answer in its dialect
match_parked() look again at messages whose payment was not there yet
ask()          ask the channel what became of a payment
ask_due()      the same for all that have been silent for long enough
ask_again()    the same of one that is final here, and ask_refund_again(): its bill says something else
close()        nobody shall pay this subject any more
close_many()   the same for many subjects, several at once
may_be_paid()  whether that is so
payable()      of which subjects it is so
holds_money()  whether a payment of it is paid and not back
sell()         money that waited is earned, each sale under its own cause, in the caller's transaction
refund()       write down that money goes back, all of it or a part, in the caller's transaction
send_refund()  tell the channel, again and again with one number until it is final
send_refunds() the same for many, several at once; done_of() those of some whose money went back
refund_again() a person: ask once more for what the channel refused
propose_by_hand() a person: the money went back another way; settle_by_hand() another agrees
list_refused() what waits for such a person; `count_refused` tells how much, `is_of_lost_time` of what nothing here knows
record_lost_answer() what a channel says about the refund of such money
list_payments(), list_refunds(), list_notices() what people of finance look through; find_payment(), find_notice() one
rewrap_notice_keys() the keys of raw messages under the current master key
               with its evidence, `refunds_of` a payment's, `count_parked` how many messages wait for a person
list_reversals() what channels did without us: money given back at the console or taken back, disputes
propose_decision() a person of finance: what becomes of a parked message; decide() another agrees
send_decided_due() ask the channels for the money that goes back so
list_expected() the bank transfers we wait for; `count_expected` tells how many, `find_transfer` one by its remark
propose_receipt() a person of finance: this came to our account; confirm_receipt() another agrees, and it is paid
propose_receipts() the same for a set, in the caller's transaction; remarks_in() what of a bank's text may name a payment
own_account()  the number of our bank account
seal_payers()  who paid by transfer, as our bank says it, and keep_payer_keys(); open_payers(), payer_of() a receipt's
forget_payers_due() delete keys of payers whose legal time is over; rewrap_payer_keys()
is_recorded()  whether somebody recorded one; is_late() whether the credits of such a payment no longer wait
statuses()     where the payments of a subject stand; `statuses_of` those of several

A payment knows an amount, a channel and a subject, `<kind>:<id>`; what it was for is its room's business. Which kinds
there are the table `payment_subject_kind` says, what is done for each `workers/subjects.py`.
Unknown is never guessed: only an authentic, fitting word of the channel moves the state.
"""

from app.commerce.payments.asking_again import ask_again, ask_refund_again
from app.commerce.payments.closing import close, close_many, holds_money, may_be_paid, payable
from app.commerce.payments.errors import (
    ChannelRefused,
    ChannelSilent,
    CurrencyNotTaken,
    MethodUnavailable,
    NoticeHasNoMoney,
    NoticeNotParked,
    NoticeUnknown,
    PaymentOver,
    PaymentUnknown,
    ReceiptAmountDiffers,
    ReceiptDayUnfit,
    ReceiptNumberUnfit,
    ReceiptPayerUnfit,
    ReceiptPaymentPaid,
    ReceiptRemarkUnknown,
    ReceiptUsed,
    RefundActUnfit,
    RefundNotRefused,
    RefundTooLarge,
    RefundUnknown,
    SubjectUnknown,
)
from app.commerce.payments.events import PaymentSucceeded, RefundFinished, RefundRequested
from app.commerce.payments.finance.looking import (
    NoticeRaw,
    NoticeSeen,
    PaymentSeen,
    RefundSeen,
    Wanted,
    count_parked,
    find_notice,
    find_payment,
    list_notices,
    list_payments,
    list_refunds,
    refunds_of,
)
from app.commerce.payments.finance.lost_time import record_lost_answer
from app.commerce.payments.finance.parked import PARKED_NOTICE, Decision, decide, propose_decision, send_decided_due
from app.commerce.payments.finance.payers import (
    SealedPayers,
    forget_payers_due,
    keep_payer_keys,
    open_payers,
    payer_of,
    rewrap_payer_keys,
    seal_payers,
)
from app.commerce.payments.finance.reversing import ReversalFacts, list_reversals
from app.commerce.payments.finance.sealing import rewrap_notice_keys
from app.commerce.payments.offering import choose, first, least_minor, offer
from app.commerce.payments.opening import NewPayment, open_payment, prepare
from app.commerce.payments.querying import ask, ask_due
from app.commerce.payments.receipt_rules import NewReceipt
from app.commerce.payments.receipts import (
    BANK_RECEIPT,
    ExpectedTransfer,
    PayersReceipt,
    confirm_receipt,
    count_expected,
    find_transfer,
    is_late,
    is_recorded,
    list_expected,
    own_account,
    propose_receipt,
    propose_receipts,
    remarks_in,
)
from app.commerce.payments.receiving import match_parked, receive
from app.commerce.payments.refunding import RefundDone, done_of, refund, send_refund, send_refunds, send_refunds_due
from app.commerce.payments.refused_refunds import (
    HAND_REFUND,
    RefusedRefund,
    count_refused,
    is_of_lost_time,
    list_refused,
    propose_by_hand,
    refund_again,
    settle_by_hand,
)
from app.commerce.payments.rules import PaymentState, RefundState
from app.commerce.payments.selling import Sale, sale_cause, sell
from app.commerce.payments.status import PaymentStatus, statuses, statuses_of
from app.commerce.payments.subjects import Description, SubjectKind, by_kind, declared_kinds, read_subject

__all__ = [
    "BANK_RECEIPT",
    "HAND_REFUND",
    "PARKED_NOTICE",
    "ChannelRefused",
    "ChannelSilent",
    "CurrencyNotTaken",
    "Decision",
    "Description",
    "ExpectedTransfer",
    "MethodUnavailable",
    "NewPayment",
    "NewReceipt",
    "NoticeHasNoMoney",
    "NoticeNotParked",
    "NoticeRaw",
    "NoticeSeen",
    "NoticeUnknown",
    "PayersReceipt",
    "PaymentOver",
    "PaymentSeen",
    "PaymentState",
    "PaymentStatus",
    "PaymentSucceeded",
    "PaymentUnknown",
    "ReceiptAmountDiffers",
    "ReceiptDayUnfit",
    "ReceiptNumberUnfit",
    "ReceiptPayerUnfit",
    "ReceiptPaymentPaid",
    "ReceiptRemarkUnknown",
    "ReceiptUsed",
    "RefundActUnfit",
    "RefundDone",
    "RefundFinished",
    "RefundNotRefused",
    "RefundRequested",
    "RefundSeen",
    "RefundState",
    "RefundTooLarge",
    "RefundUnknown",
    "RefusedRefund",
    "ReversalFacts",
    "Sale",
    "SealedPayers",
    "SubjectKind",
    "SubjectUnknown",
    "Wanted",
    "ask",
    "ask_again",
    "ask_due",
    "ask_refund_again",
    "by_kind",
    "choose",
    "close",
    "close_many",
    "confirm_receipt",
    "count_expected",
    "count_parked",
    "count_refused",
    "decide",
    "declared_kinds",
    "done_of",
    "find_notice",
    "find_payment",
    "find_transfer",
    "first",
    "forget_payers_due",
    "holds_money",
    "is_late",
    "is_of_lost_time",
    "is_recorded",
    "keep_payer_keys",
    "least_minor",
    "list_expected",
    "list_notices",
    "list_payments",
    "list_refunds",
    "list_refused",
    "list_reversals",
    "match_parked",
    "may_be_paid",
    "offer",
    "open_payers",
    "open_payment",
    "own_account",
    "payable",
    "payer_of",
    "prepare",
    "propose_by_hand",
    "propose_decision",
    "propose_receipt",
    "propose_receipts",
    "read_subject",
    "receive",
    "record_lost_answer",
    "refund",
    "refund_again",
    "refunds_of",
    "remarks_in",
    "rewrap_notice_keys",
    "rewrap_payer_keys",
    "sale_cause",
    "seal_payers",
    "sell",
    "send_decided_due",
    "send_refund",
    "send_refunds",
    "send_refunds_due",
    "settle_by_hand",
    "statuses",
    "statuses_of",
]
