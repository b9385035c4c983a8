"""`make bench`: measure what we promise, on this machine, and say what is met and what is not.

    python tests/benchmarks [P2] [P2b] [P3] [P4] [P5] [P6] [P8] [P9] [P10] [P11] [--quick] [--first] [--rotations N] [--seed N]

See docs/benchmarks.md.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # `tests` is no package of the installation
    from tests.benchmarks.command import main

    sys.exit(main())
