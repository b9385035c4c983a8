"""Our bank account: transfers that we wait for and record, the bank's statements, and what of them does not fit.

transfers   which transfers are expected, and recording one by hand
statements  the handlers of statements and findings
showing     from what the room knows to what these pages show; findings the same of findings
views       what the pages of statements need; expected_views that of transfers
"""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.operator.bank import statements, transfers

routes: Final[tuple[ControllerRouterHandler, ...]] = (transfers.routes, statements.routes)
