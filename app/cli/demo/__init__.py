"""`diandian demo`: everything on this machine, once through, then kept running.

running     from the first line to the last
hand        a process that prepares, walks and goes with all it has read; `handing` is our end of it
furnishing  what the processes are given: settings, keys
ports       ports that nobody listens on
tree        the processes, supervised; `tied` ends each with its parent
walking     the citizen's way, as a phone would go it
looking     reading the certificate from outside: its QR code, its verification, the books
telling     what the terminal shows
writing     files with which another terminal acts in the demo
"""

from app.cli.demo.running import Wishes, demo

__all__ = ["Wishes", "demo"]
