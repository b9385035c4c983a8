"""`make bench`: measure what we promise, on this machine, and say what is met and what is not.

    python tests/benchmarks [ID …] [--quick] [--first] [--rotations N] [--seed N]

See docs/benchmarks.md.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # `tests` is no package of the installation
    from tests.benchmarks.command import main

    sys.exit(main())
