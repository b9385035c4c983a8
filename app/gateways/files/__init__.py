"""Our side of the wire to where files lie: a folder of this machine, or a bucket that many machines share.

Whole files under names of our own, all or nothing. Names come from database keys only, never from a request. Both keep
a file at the same place, `<last two characters of the stem>/<name>`, so that a folder is copied into a bucket as it is.
The bucket's library takes 5 MB of a process, so `bucket` is imported where one is named, and by nobody else.
"""

from app.gateways.files.base import FileStore
from app.gateways.files.folder import FolderStore
from app.gateways.files.opening import open_store

__all__ = ["FileStore", "FolderStore", "open_store"]
