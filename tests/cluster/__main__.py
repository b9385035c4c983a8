"""`make cluster`: the platform on several machines, shown step by step, and a table of what was met.

    make cluster                        all seven steps
    make cluster ARGS="--only 5,6"      two of them
    make cluster ARGS="--keep FOLDER"   keep what the processes said

See docs/cluster.md.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # `tests` is no package of the installation
    from tests.cluster.command import main

    sys.exit(main(sys.argv[1:]))
