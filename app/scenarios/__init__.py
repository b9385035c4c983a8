"""Scenarios (场景): what a QR code opens.

draft()        write a scene down under a fresh code; `redraft` writes it anew
propose()      ask for it to be opened to whoever scans: an operator, or a sponsor of its organiser
approve()      agree, as a reviewer who is not of the organiser: it is open
close()        end it; its results stay
takes()        whether the ways to pay that a zone names are this one
layers_fault() what is wrong with the groups of a draft
import_case()  a closed public case of the annual report
open_scene()   what a code opens today, for a reader
find_many()    what a certificate says about scenes
count()        add settled retirements to the tally shown on the page
live()         scenes open today
of_organisations()  the scenes of some organisers
begin()        a scene that its organiser sets up by and by (草稿); `keep` saves it, `discard` and `restore`
put_forward()  that draft becomes a scene that waits for a reviewer
find_kept()    one of those drafts; `kept_of` organisations
personal_scene()  that of claims about people's own footprints, which no code opens
recent()       public cases by number; `count_told` tells how many of either there are
"""

from app.scenarios.drafting import Case, Draft, draft, import_case, redraft
from app.scenarios.errors import (
    DistanceNotOffered,
    GroupsUnfit,
    ModeNotOffered,
    OrganiserUnverified,
    ScenarioAhead,
    ScenarioChanged,
    ScenarioOver,
    ScenarioPublished,
    ScenarioUnknown,
    SceneDraftChanged,
    SceneDraftsTooMany,
    SceneDraftTooLarge,
    SceneDraftUnknown,
    SceneDraftWaits,
)
from app.scenarios.keeping import DraftState, KeptDraft, begin, discard, find_kept, keep, kept_of, put_forward, restore
from app.scenarios.layer_rules import layers_fault
from app.scenarios.opening import (
    Scene,
    count_told,
    find_many,
    live,
    of_organisations,
    open_scene,
    recent,
)
from app.scenarios.personal import PERSONAL_ID, personal_scene
from app.scenarios.publishing import approve, close, propose
from app.scenarios.rules import (
    PERSONAL_CODE,
    Group,
    Layers,
    PaperEdition,
    Phase,
    ScenarioKind,
    ScenarioState,
    SceneZone,
    Setup,
    takes,
)
from app.scenarios.tallying import count

__all__ = [
    "PERSONAL_CODE",
    "PERSONAL_ID",
    "Case",
    "DistanceNotOffered",
    "Draft",
    "DraftState",
    "Group",
    "GroupsUnfit",
    "KeptDraft",
    "Layers",
    "ModeNotOffered",
    "OrganiserUnverified",
    "PaperEdition",
    "Phase",
    "ScenarioAhead",
    "ScenarioChanged",
    "ScenarioKind",
    "ScenarioOver",
    "ScenarioPublished",
    "ScenarioState",
    "ScenarioUnknown",
    "Scene",
    "SceneDraftChanged",
    "SceneDraftTooLarge",
    "SceneDraftUnknown",
    "SceneDraftWaits",
    "SceneDraftsTooMany",
    "SceneZone",
    "Setup",
    "approve",
    "begin",
    "close",
    "count",
    "count_told",
    "discard",
    "draft",
    "find_kept",
    "find_many",
    "import_case",
    "keep",
    "kept_of",
    "layers_fault",
    "live",
    "of_organisations",
    "open_scene",
    "personal_scene",
    "propose",
    "put_forward",
    "recent",
    "redraft",
    "restore",
    "takes",
]
