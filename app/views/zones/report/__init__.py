"""The closing report of a zone (绿色低碳办赛报告): one pack of PDF, sheet and pictures, made on request.

read()      what the report says, gathered once
worded()    the same as its layout takes it, in one language
pack()      all of its files in one ZIP
fetch()     the pack for whoever may have it: kept for good once the zone is closed, a draft before
"""

from app.views.zones.report.fetching import Fetched, fetch
from app.views.zones.report.gathering import Report, read
from app.views.zones.report.packing import pack
from app.views.zones.report.wording import worded

__all__ = ["Fetched", "Report", "fetch", "pack", "read", "worded"]
