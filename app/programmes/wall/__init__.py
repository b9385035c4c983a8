"""The big screen (大屏): each person who agrees is shown for a whole turn, once, in the order in which they came.

open_wall()    give a scene a big screen, or set it up anew; `close_wall` ends it, `find_wall` tells
make_screen()  a token for one screen, told this once; `revoke_screen` ends it, `screens_of` a scene, `find_screen` by its token
line_up()      people whose certificates were issued and who agree; `ask` for one of them, by their own tap
offer()        whether a certificate can be shown there
check_names()  what the content check says of names, done to their turns
release()      these turns may be shown, by their causes: whoever checks names says so
hide()         take a turn off every screen, for good
list_waiting() names and pictures in some scenes that wait for whoever looks after them; `release_turn`, `hide_turn` and
               `decide_picture` are their decisions, each written down; `fetch_picture` what they look at
fetch_face()   the picture of somebody whom a scene's screens show
take_photo()   somebody who stands before the screen is shown once more; `photo_standing` when
list_turns()   the last turns of a scene, for whoever looks after it
snapshot()     what a screen that was just switched on shows
standing()     how somebody's certificate stands: third in line, in about forty seconds
Screens        the streams of one process, told by one reader

A turn is a row of its scene, not of a screen: PostgreSQL places it, keeps turns of one slot from overlapping and each as long
as it says, so all screens show the same, also after any restart. No name lies in this room.
"""

from app.programmes.wall.checking import check_names
from app.programmes.wall.deciding import (
    Waiting,
    decide_picture,
    fetch_picture,
    hide_turn,
    list_waiting,
    release_turn,
)
from app.programmes.wall.errors import (
    ConsentMissing,
    NotForWall,
    PhotosBusy,
    PhotosUsed,
    PhotoTooEarly,
    PictureUnknown,
    ScreenOff,
    ScreensTooMany,
    ScreenUnknown,
    StreamsTooMany,
    TurnUnknown,
    WallClosed,
    WallUnfit,
)
from app.programmes.wall.faces import fetch_face
from app.programmes.wall.frames import TurnFrame, default_picture, milliseconds, turn_frame
from app.programmes.wall.photos import PhotoStanding, photo_standing, take_photo
from app.programmes.wall.rules import (
    PHOTOS_MOST,
    PICTURE_SINCE,
    SLOTS_MOST,
    TURN_S,
    WAIT_S,
    Because,
    Layout,
    Moderation,
    PictureState,
    Shown,
    Standing,
    expected_wait_s,
    layout,
    slots,
)
from app.programmes.wall.setup import (
    Opened,
    Screen,
    WallScene,
    close_wall,
    find_screen,
    find_wall,
    make_screen,
    open_wall,
    revoke_screen,
    screens_of,
)
from app.programmes.wall.showing import Snapshot, snapshot, standing
from app.programmes.wall.streaming import Screens, Stream
from app.programmes.wall.turns import (
    Listed,
    Offer,
    ask,
    hide,
    line_up,
    list_turns,
    offer,
    release,
)
from app.programmes.wall.waking import nudge

__all__ = [
    "PHOTOS_MOST",
    "PICTURE_SINCE",
    "SLOTS_MOST",
    "TURN_S",
    "WAIT_S",
    "Because",
    "ConsentMissing",
    "Layout",
    "Listed",
    "Moderation",
    "NotForWall",
    "Offer",
    "Opened",
    "PhotoStanding",
    "PhotoTooEarly",
    "PhotosBusy",
    "PhotosUsed",
    "PictureState",
    "PictureUnknown",
    "Screen",
    "ScreenOff",
    "ScreenUnknown",
    "Screens",
    "ScreensTooMany",
    "Shown",
    "Snapshot",
    "Standing",
    "Stream",
    "StreamsTooMany",
    "TurnFrame",
    "TurnUnknown",
    "Waiting",
    "WallClosed",
    "WallScene",
    "WallUnfit",
    "ask",
    "check_names",
    "close_wall",
    "decide_picture",
    "default_picture",
    "expected_wait_s",
    "fetch_face",
    "fetch_picture",
    "find_screen",
    "find_wall",
    "hide",
    "hide_turn",
    "layout",
    "line_up",
    "list_turns",
    "list_waiting",
    "make_screen",
    "milliseconds",
    "nudge",
    "offer",
    "open_wall",
    "photo_standing",
    "release",
    "release_turn",
    "revoke_screen",
    "screens_of",
    "slots",
    "snapshot",
    "standing",
    "take_photo",
    "turn_frame",
]
