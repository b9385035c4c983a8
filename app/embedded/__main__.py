"""`python -m app.embedded [FOLDER]`: both servers in the foreground, for whoever runs the rest by hand."""

import argparse
import signal
import sys
from pathlib import Path

from app.embedded import EmbeddedRefusal, start


def main() -> int:
    """Print the addresses as a shell reads them, then wait for Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="where their data lie (default: .data)")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with start(folder) as servers:
            for note in servers.notes:
                sys.stdout.write(f"# {note}\n")
            sys.stdout.write(f"export DATABASE_URL='{servers.database_url('ddt_app')}'\n")
            sys.stdout.write(f"export DATABASE_OWNER_URL='{servers.database_url('ddt_owner')}'\n")
            sys.stdout.write(f"export REDIS_URL='{servers.redis_url}'\n# Ctrl-C stops both.\n")
            sys.stdout.flush()
            signal.pause()
    except EmbeddedRefusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
