"""PostgreSQL and Valkey on a fresh machine: from wheels, on private sockets, with no installation and no port.

start()     both servers with their data in a folder; they end with this process, however it ends
erase()     remove the data of a folder
Servers     the addresses, and what the fault tests do to them

How it holds together, and what to do when it does not: docs/embedded.md.
"""

from app.embedded.errors import EmbeddedRefusal, FolderInUse, ServerFailed, Unsupported
from app.embedded.servers import Servers, default_folder, erase, start

__all__ = [
    "EmbeddedRefusal",
    "FolderInUse",
    "ServerFailed",
    "Servers",
    "Unsupported",
    "default_folder",
    "erase",
    "start",
]
