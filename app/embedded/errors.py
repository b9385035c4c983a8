"""Why the embedded servers did not start. The text is for a terminal and says what to do."""


class EmbeddedRefusal(Exception):
    """The servers are not running and nothing was left half done."""


class FolderInUse(EmbeddedRefusal):
    """Another living process keeps its servers in this folder."""


class Unsupported(EmbeddedRefusal):
    """This machine cannot run the wheels' binaries, or not as this user."""


class ServerFailed(EmbeddedRefusal):
    """A server did not come up or went away; the end of its log is in the text."""

    def __init__(self, text: str) -> None:
        super().__init__(text.rstrip())


REFUSALS = {kind.__name__: kind for kind in (EmbeddedRefusal, FolderInUse, Unsupported, ServerFailed)}
"""By name, since they cross from the keeper's process to ours as text."""
