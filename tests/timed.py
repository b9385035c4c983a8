"""Run a command and say how long it took: on the clock, and in minutes of processor, all processes together.

    python tests/timed.py 9 make checks      # nine processor-minutes are what it may take

The exit code is the command's. Above the limit the line says so and the exit code stays: how fast a machine is, is no
property of a change, but what a change adds to the same machine's figure is.
"""

import resource
import subprocess
import sys
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
began = time.monotonic()
code = subprocess.call(command)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
minutes = (used.ru_utime + used.ru_stime) / 60
verdict = "within" if minutes <= limit else "above"
clock_s = time.monotonic() - began
sys.stdout.write(
    f"\n{clock_s:.0f} s on the clock, {minutes:.1f} processor-minutes: {verdict} the {limit:g} it may take\n"
)
sys.exit(code)
