"""Zones (专区): an event's own place, made from a file by two people; another version is another agreement.

read_zone()   the document that a file describes, or everything that is wrong with it
propose()     that document as the next version: an operator, or a sponsor of the owner
approve()     agree, as a reviewer who is not of the owner: pages, papers and the cashier follow it
find()        the zone of a slug, with its newest document; `find_by_id` by its id
of_scene()    the zone that a scene is in
scenes_of()   the scenes of a zone; `list_all`, `count_all`, `list_of` organisations
coverage_percent()  how much of what an event emits is covered, as printed

The slug is a zone's identity. Its owner and its account stay, what is in its newest edition is what pages, papers and boards
say, and a scene that came into it stays in it: what its visitors retired is counted there.
"""

from app.programmes.zones.coverage_rules import coverage_percent
from app.programmes.zones.document_rules import (
    Accent,
    Backdrop,
    BoardDefinition,
    CertificateEdition,
    GiverKind,
    SceneEntry,
    StatedMass,
    Theme,
    ZoneDocument,
)
from app.programmes.zones.errors import (
    ZoneFileUnfit,
    ZoneOvertaken,
    ZoneOwnerStays,
    ZoneOwnerUnknown,
    ZoneSceneLeftOut,
    ZoneSceneUnfit,
    ZoneUnknown,
)
from app.programmes.zones.file_rules import read_zone
from app.programmes.zones.publishing import KIND, approve, propose
from app.programmes.zones.reading import Zone, count_all, find, find_by_id, list_all, list_of, of_scene, scenes_of

__all__ = [
    "KIND",
    "Accent",
    "Backdrop",
    "BoardDefinition",
    "CertificateEdition",
    "GiverKind",
    "SceneEntry",
    "StatedMass",
    "Theme",
    "Zone",
    "ZoneDocument",
    "ZoneFileUnfit",
    "ZoneOvertaken",
    "ZoneOwnerStays",
    "ZoneOwnerUnknown",
    "ZoneSceneLeftOut",
    "ZoneSceneUnfit",
    "ZoneUnknown",
    "approve",
    "count_all",
    "coverage_percent",
    "find",
    "find_by_id",
    "list_all",
    "list_of",
    "of_scene",
    "propose",
    "read_zone",
    "scenes_of",
]
