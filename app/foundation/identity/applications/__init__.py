"""Applications (机构注册): an organisation signs itself up, and two of ours see who it is.

send()              write it down, unverified, with whoever signs it up as its first sponsor
send_again()        mended, after it was sent back
send_back()         one of ours says what is missing
own()               where the applications of somebody's organisations stand
list_waiting()      what waits for one of ours to propose it, the oldest first
seal_purposes_due() seal what applicants want, where the release before kept it in clear
demand_verified()   refuse what an applicant may not do yet

There is no gateway for mail: where it stands is told on a page behind their own sign-in. Verifying is `verify_organisation`.
"""

from app.foundation.identity.access.returning_applications import send_back
from app.foundation.identity.access_errors import ApplicationReasonUnfit
from app.foundation.identity.applications.asking import demand_verified
from app.foundation.identity.applications.errors import (
    ApplicantUnverified,
    ApplicationNotReturned,
    ApplicationsTooMany,
    OrganisationRegistered,
    PurposeUnfit,
)
from app.foundation.identity.applications.reading import list_waiting, own
from app.foundation.identity.applications.rules import Applicant, Application, ApplicationState, Applied
from app.foundation.identity.applications.sealing import seal_purposes_due
from app.foundation.identity.applications.sending import send, send_again

__all__ = [
    "Applicant",
    "ApplicantUnverified",
    "Application",
    "ApplicationNotReturned",
    "ApplicationReasonUnfit",
    "ApplicationState",
    "ApplicationsTooMany",
    "Applied",
    "OrganisationRegistered",
    "PurposeUnfit",
    "demand_verified",
    "list_waiting",
    "own",
    "seal_purposes_due",
    "send",
    "send_again",
    "send_back",
]
