"""Links (关联): a guest of a browser and a person known by an app become one, by an act on both sides, for good.

show_code()   eight characters in the guest's browser, as a device's move shows them
find_shown()  how far it is, for that browser; `answer()` of `devices` says yes or no there
take()        the known person typed them
find_taken()  how far it is, for the known person
finish()      link them: the guest's sessions, grams and rows are the known person's from now on
links_of()    when a person was linked, the latest first
same_persons()  every id that is the same person

The known person is kept; rows of the guest stay as they were written, and whoever reads asks `identity.persons_of` in SQL.
What the guest had agreed to, shown or shared ends. There is no way back: decision 80.
"""

from app.foundation.identity.links.errors import (
    LinkAgeUnknown,
    LinkAppsUnfit,
    LinkedAlready,
    LinkedTooOften,
    LinkGone,
    LinkOver,
    LinkStaff,
)
from app.foundation.identity.links.linking import (
    Link,
    Taken,
    find_shown,
    find_taken,
    finish,
    links_of,
    same_persons,
    show_code,
    take,
)

__all__ = [
    "Link",
    "LinkAgeUnknown",
    "LinkAppsUnfit",
    "LinkGone",
    "LinkOver",
    "LinkStaff",
    "LinkedAlready",
    "LinkedTooOften",
    "Taken",
    "find_shown",
    "find_taken",
    "finish",
    "links_of",
    "same_persons",
    "show_code",
    "take",
]
