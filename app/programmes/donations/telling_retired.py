"""The sweeper's: finds retirements of zones' accounts that the papers of their donors do not name yet.

Asked of the donations, which are few, and not told by every retirement, which are many.
"""

from typing import Final

from app.foundation import outbox
from app.gateways.database import fetch, transaction
from app.programmes.donations.events import DonationsRetired

_UNTOLD: Final = """
SELECT DISTINCT r.id FROM donation d
CROSS JOIN LATERAL (SELECT c.record FROM certificate c WHERE c.cause = 'donation:' || d.id AND c.paper_id = 'contribution'
                    ORDER BY c.version DESC LIMIT 1) AS paper
CROSS JOIN LATERAL donations.retired_by(ARRAY[d.id]) AS q
JOIN retirement r ON r.id = q.retirement_id AND r.state = 'settled'
WHERE strpos(paper.record, '"retirement_number":null') > 0 AND NOT EXISTS (
    SELECT FROM outbox_message m WHERE m.subject = 'donations:' || r.id AND m.done_at IS NULL)
"""


async def tell_retired() -> int:
    """Record each of them; answers how many. One whose papers wait to be written anew is not told twice."""
    async with transaction() as tx:
        rows = await fetch(_UNTOLD, tx=tx)
        await outbox.record(*(DonationsRetired(retirement_id=row["id"]) for row in rows), tx=tx)
    if rows:
        outbox.nudge()
    return len(rows)
