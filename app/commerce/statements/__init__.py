"""Bank statements (银行对账单): what our bank says came in, row by row, held against payments by transfer.

read()             a bank's file, looked at whole: kept for a day as a statement that may be taken, or refused with every fault
take()             take it in: rows that are new; what fits a payment is recorded, and a second person agrees as to any receipt
seal_due()         seal who paid, of statements that the release before kept in clear
compare_due()      judge again what is not over
take_finding()     a person of finance looks after a finding
record()           they record its row as the payment's that a remark names
explain()          they say what became of the money
list_statements()  statements, the latest first; count_statements(), find_statement() one, with what taking it would do
list_rows()        the rows a statement brought; preview_rows() what would become of those it would bring
list_findings()    what does not fit; count_findings(), find_finding()

A row is the same as another by account and the bank's number, so the same file twice, or overlapping files, change
nothing. What a row is to our payments is one SQL function (`statements.judge`). A statement pays nothing: that takes two
people (`payments.propose_receipts`, `payments.confirm_receipt`). The file is not kept; what it said is,
and who paid lies sealed.
"""

from app.commerce.statements.errors import (
    CellFault,
    FindingClosed,
    FindingReasonUnfit,
    FindingUnknown,
    FindingWithoutRow,
    StatementUnfit,
    StatementUnknown,
    StatementWithoutAccount,
    StatementWithoutFile,
)
from app.commerce.statements.explaining import explain, record, take_finding
from app.commerce.statements.keeping import read
from app.commerce.statements.reading import (
    count_findings,
    count_statements,
    find_finding,
    find_statement,
    list_findings,
    list_rows,
    list_statements,
    preview_rows,
)
from app.commerce.statements.rules import (
    Finding,
    FindingState,
    Nature,
    RowFacts,
    RowState,
    StatementFacts,
    StatementState,
    Step,
)
from app.commerce.statements.sealing import seal_due
from app.commerce.statements.taking import Taken, compare_due, take

__all__ = [
    "CellFault",
    "Finding",
    "FindingClosed",
    "FindingReasonUnfit",
    "FindingState",
    "FindingUnknown",
    "FindingWithoutRow",
    "Nature",
    "RowFacts",
    "RowState",
    "StatementFacts",
    "StatementState",
    "StatementUnfit",
    "StatementUnknown",
    "StatementWithoutAccount",
    "StatementWithoutFile",
    "Step",
    "Taken",
    "compare_due",
    "count_findings",
    "count_statements",
    "explain",
    "find_finding",
    "find_statement",
    "list_findings",
    "list_rows",
    "list_statements",
    "preview_rows",
    "read",
    "record",
    "seal_due",
    "take",
    "take_finding",
]
