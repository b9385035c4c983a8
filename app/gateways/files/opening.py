"""Which store an installation has, by its settings."""

from pathlib import Path
from typing import Protocol

from app.gateways.files.base import FileStore
from app.gateways.files.folder import FolderStore
from app.gateways.watching import watched


class FileSettings(Protocol):
    """The knobs that say where files lie; config/settings.py tells each."""

    @property
    def data_folder(self) -> Path: ...
    @property
    def files_url(self) -> str: ...
    @property
    def files_endpoint(self) -> str: ...
    @property
    def files_region(self) -> str: ...
    @property
    def files_key_id(self) -> str: ...
    @property
    def files_secret(self) -> str: ...


def open_store(settings: FileSettings) -> FileStore:
    """The bucket that the settings name, else the folder `files` of the data folder."""
    if not settings.files_url:
        return FolderStore(settings.data_folder / "files")
    from app.gateways.files.bucket import Bucket, BucketStore  # 5 MB that a folder does without

    bucket = Bucket(
        url=settings.files_url,
        endpoint=settings.files_endpoint,
        region=settings.files_region,
        key_id=settings.files_key_id,
        secret=settings.files_secret,
    )
    return watched("files", BucketStore(bucket))
