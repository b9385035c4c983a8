"""Certificates (证书): numbered, one frozen record each, drawn as PDF and PNG when first asked for, and
checkable by anybody.

issue()      freeze a paper of a kind for each of these causes, and number it without a gap
supersede()  freeze the next version of those that have something new to say
NEUTRALITY   the kind that certifies settled retirements; `cause_of` names one. Other rooms bring kinds of their own
sheet()      a record in the words of its paper; `marks` and `foot` draw its ring, QR code and landscape
             (of `foot_seed`)
claim_notes()  what paper and pages say of its claim besides figures
draw()       draw files of certificates and keep them sealed
note()       write down which files exist, in the transaction of their job
want()       ask for a file that is not there; `is_wanted` tells whether somebody has
fetch_file() a drawn file, for its holder
verify()     what anybody may see behind a verification code; `confirm` tells whether it still is as it was read
is_shared()  whether its poster for strangers is there; `fetch_shared` gives it to anybody
explain()    why it says so of its claim, rule by rule
find()       a certificate of this person, or of an organisation they act for
of_cause()   the certificate that an order led to
of_causes()  the same for several lines
newest_of()  the newest paper of a kind, by cause
recall()     the same as facts, for whoever may see all of an order
holders_of() whose each of these is
list_of()    a person's certificates
total_of()   how many, and their grams; `count_of` a scene

A certificate is superseded, never edited. Its record holds no person's name: that lies sealed beside it. The names of
organisations stand in it, of the one that may claim the retirement with the word by which it is named (`Naming`);
`beneficiary_name()` reads that one.
"""

from app.certificates.drawing import NAME_PURPOSE, Drawn, FileKind, Studio, Wanted, draw, fetch_file, note
from app.certificates.errors import CertificateUnknown, FindingsAbsent
from app.certificates.events import CertificateIssued, FileWanted, PictureWanted
from app.certificates.explaining import Explained, Explanation, explain
from app.certificates.issuing import issue, supersede
from app.certificates.naming_rules import Naming, beneficiary_name
from app.certificates.neutrality import NEUTRALITY, cause_of
from app.certificates.papers import Earlier, Freezing, Frozen, PaperKind
from app.certificates.reading import (
    CertificateFacts,
    PaperFacts,
    count_of,
    find,
    find_many,
    holders_of,
    list_of,
    newest_of,
    of_cause,
    of_causes,
    recall,
    total_of,
)
from app.certificates.rendering import claim_notes, foot, foot_seed, marks, sheet
from app.certificates.requesting import is_wanted, want
from app.certificates.rules import ANONYMOUS, HONORARY, Issuer, masked
from app.certificates.sharing import fetch_shared, is_shared
from app.certificates.verifying import Verified, confirm, read_code, verify

__all__ = [
    "ANONYMOUS",
    "HONORARY",
    "NAME_PURPOSE",
    "NEUTRALITY",
    "CertificateFacts",
    "CertificateIssued",
    "CertificateUnknown",
    "Drawn",
    "Earlier",
    "Explained",
    "Explanation",
    "FileKind",
    "FileWanted",
    "FindingsAbsent",
    "Freezing",
    "Frozen",
    "Issuer",
    "Naming",
    "PaperFacts",
    "PaperKind",
    "PictureWanted",
    "Studio",
    "Verified",
    "Wanted",
    "beneficiary_name",
    "cause_of",
    "claim_notes",
    "confirm",
    "count_of",
    "draw",
    "explain",
    "fetch_file",
    "fetch_shared",
    "find",
    "find_many",
    "foot",
    "foot_seed",
    "holders_of",
    "is_shared",
    "is_wanted",
    "issue",
    "list_of",
    "marks",
    "masked",
    "newest_of",
    "note",
    "of_cause",
    "of_causes",
    "read_code",
    "recall",
    "sheet",
    "supersede",
    "total_of",
    "verify",
    "want",
]
