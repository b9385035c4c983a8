"""`diandian demo`: everything on this machine, once through, then kept running.

running        from the first line to the last
helper         a process that prepares, walks and goes with all it has read; `helper_client` is our end of it
setup          what the processes are given: settings, keys
ports          ports that nobody listens on
tree           the processes, supervised; `child` ends each with its parent
walkthrough    the citizen's way, as a phone would go it
qr_codes       reading a certificate from outside, from the pixels of its PDF and picture
printing       what the terminal shows
links          what it lists once all of it serves
city_event     five donations and a big screen, set up once all of it serves
files          files with which another terminal acts in the demo; the token of its screen
"""

from app.cli.demo.running import Wishes, demo

__all__ = ["Wishes", "demo"]
