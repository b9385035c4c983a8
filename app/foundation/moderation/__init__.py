"""Moderation (内容审核): what people write and upload is looked at before others see it.

load_words()     the word list of a file
ask_text()       may others see this text? The word list refuses at once, else it waits for WeChat or for people
ask_picture()    the same for a picture, which stays with the room that keeps it
find_text()      how far the check of a text is, without asking; `find_texts` of many
states_of()      how far some checks are: for walls and boards, which show only what passed
ask_due()        ask WeChat about what is due; what it leaves unanswered goes to people
record_advice()  what WeChat saw in a picture
decide()         one of the platform's people shows or hides something, also what was decided before
list_recent(), find(), count_waiting()  what moderators look at; showers_of() whose it is

One check for each text or picture and purpose, by a keyed digest, however many people show it. Every decision is written
down, and told as `moderation.passed` or `moderation.refused`. Unknown is never passed.
"""

from app.foundation.moderation.asking import ask_picture, ask_text, find_text, find_texts, picture_digest
from app.foundation.moderation.asking_wechat import PictureAddress, ask_due, record_advice
from app.foundation.moderation.deciding import DECIDERS, decide
from app.foundation.moderation.errors import CheckUnknown, DecisionOvertaken, HidingReasonMissing, WordFileBroken
from app.foundation.moderation.events import ContentPassed, ContentRefused
from app.foundation.moderation.reading import LIST_MOST, count_waiting, find, list_recent, showers_of, states_of
from app.foundation.moderation.rules import (
    Checker,
    CheckState,
    ContentKind,
    ContentPurpose,
    Item,
    Reason,
    Standing,
    WaitsFor,
)
from app.foundation.moderation.words import WordList, load_words

__all__ = [
    "DECIDERS",
    "LIST_MOST",
    "CheckState",
    "CheckUnknown",
    "Checker",
    "ContentKind",
    "ContentPassed",
    "ContentPurpose",
    "ContentRefused",
    "DecisionOvertaken",
    "HidingReasonMissing",
    "Item",
    "PictureAddress",
    "Reason",
    "Standing",
    "WaitsFor",
    "WordFileBroken",
    "WordList",
    "ask_due",
    "ask_picture",
    "ask_text",
    "count_waiting",
    "decide",
    "find",
    "find_text",
    "find_texts",
    "list_recent",
    "load_words",
    "picture_digest",
    "record_advice",
    "showers_of",
    "states_of",
]
