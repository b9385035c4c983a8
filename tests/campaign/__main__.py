"""`make campaign`: faults for as long as it is told, each round with a seed of its own, and a report.

    CAMPAIGN_MINUTES=240 make campaign          every row, a share of the time each
    make campaign ROW=F3                        one row, all of the time
    make campaign ROW=F3 SEED=4711              that one round again

See docs/campaign.md.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # `tests` is no package of the installation
    from tests.campaign.command import main

    sys.exit(main())
