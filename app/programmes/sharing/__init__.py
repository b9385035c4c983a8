"""Sharing one's account (碳账户授权) with a bank or an employer: who may ask, what a person said, and every read.

propose_reader()  that an organisation may ask; `approve_reader` agrees as another, `end_reader` ends it at once
reader_of()       the enrolment of an organisation; `reader_of_key` of a key, `list_readers` all of them
let_ask()         one of its keys may ask from now on; `keys_that_ask`
ask()             which books of which period, how fine, why, until when; answers a code for one person
list_requests()   what a key's organisation asked; `list_of_organisation` for its people
find_asked()      the request behind a code, as the person sees it
may_share()       whether somebody may share at all
answer()          yes or no to each book, once; each yes is a grant
revoke()          take it back; the next read is refused
read()            the books that were granted, written down in the same transaction
shares_of()       what a person answered, `find_share` one of it; `reads_of` who read, and what they got
books_of()        the books of a person over a period, beside each other
make_statement()  keep one's figures as they stand, for a paper; `statements_of`, `find_statements`
ACCOUNT_STATEMENT  that paper; `cause_of` names one

A reader learns nothing from a blank answer: a no, nothing to tell, and nobody yet are the same bytes. A read of figures
without a grant that lives is refused by PostgreSQL. The reader knows a person by a random id of that one request.
"""

from app.programmes.sharing.answering import answer, may_share, revoke
from app.programmes.sharing.asking import (
    NewRequest,
    Request,
    ask,
    find_asked,
    list_of_organisation,
    list_requests,
)
from app.programmes.sharing.enrolling import (
    KIND,
    Reader,
    approve_reader,
    end_reader,
    keys_that_ask,
    let_ask,
    list_readers,
    propose_reader,
    reader_of,
    reader_of_key,
)
from app.programmes.sharing.errors import (
    ReaderGroundUnfit,
    ReaderUnfit,
    ReaderUnknown,
    ShareAnswered,
    ShareExpired,
    ShareKeyUsedOtherwise,
    ShareNotAllowed,
    ShareOver,
    SharePowerMissing,
    ShareRevoked,
    ShareUnfit,
    ShareUnknown,
)
from app.programmes.sharing.events import StatementMade
from app.programmes.sharing.figures import books_of
from app.programmes.sharing.paper import ACCOUNT_STATEMENT, cause_of
from app.programmes.sharing.reading import Read, Reading, Share, find_share, read, reads_of, shares_of
from app.programmes.sharing.rules import Book, BookFigures, Books, Granularity, ReadOutcome, ShareState
from app.programmes.sharing.stating import NewStatement, Statement, find_statements, make_statement, statements_of

__all__ = [
    "ACCOUNT_STATEMENT",
    "KIND",
    "Book",
    "BookFigures",
    "Books",
    "Granularity",
    "NewRequest",
    "NewStatement",
    "Read",
    "ReadOutcome",
    "Reader",
    "ReaderGroundUnfit",
    "ReaderUnfit",
    "ReaderUnknown",
    "Reading",
    "Request",
    "Share",
    "ShareAnswered",
    "ShareExpired",
    "ShareKeyUsedOtherwise",
    "ShareNotAllowed",
    "ShareOver",
    "SharePowerMissing",
    "ShareRevoked",
    "ShareState",
    "ShareUnfit",
    "ShareUnknown",
    "Statement",
    "StatementMade",
    "answer",
    "approve_reader",
    "ask",
    "books_of",
    "cause_of",
    "end_reader",
    "find_asked",
    "find_share",
    "find_statements",
    "keys_that_ask",
    "let_ask",
    "list_of_organisation",
    "list_readers",
    "list_requests",
    "make_statement",
    "may_share",
    "propose_reader",
    "read",
    "reader_of",
    "reader_of_key",
    "reads_of",
    "revoke",
    "shares_of",
    "statements_of",
]
