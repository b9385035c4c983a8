"""Texts in the two languages of the platform, and which one a reader gets."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.kernel.graphemes import isolated

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


class Language(StrEnum):
    """The languages every text exists in."""

    ZH = "zh"
    """简体中文, sent as `zh-CN`."""
    EN = "en"
    """English, the answer to every language that is not Chinese."""

    @property
    def tag(self) -> str:
        """The BCP 47 tag for `lang=` and `Content-Language`."""
        return "zh-CN" if self is Language.ZH else "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.zh if language is Language.ZH else self.en

    def filled(self, **values: object) -> "Text":
        """Both sentences with `{name}` replaced by each value; other braces stay as they are.

        A plain replacement, never `str.format`: a value or a text that comes from a person must not
        reach attributes of an object. In one pass: braces inside a value stay as they are, too. A value that runs from
        right to left does not turn the words beside it.
        """

        def value(match: re.Match[str]) -> str:
            return isolated(str(values.get(match[1], match[0])))

        return Text(zh=_PLACEHOLDER.sub(value, self.zh), en=_PLACEHOLDER.sub(value, self.en))


def choose_language(*wishes: str | None) -> Language:
    """The first wish that names a language: `zh*` is Chinese, anything else named is English.

    Wishes come strongest first: `?lang=`, cookie, the person's setting, `Accept-Language` (its first
    entry decides). None or an empty wish is passed over; no wish at all gives Chinese.
    """
    for wish in wishes:
        if wish and (first := wish.split(",")[0].split(";")[0].strip().lower()) and first != "*":
            return Language.ZH if first.startswith("zh") else Language.EN
    return Language.ZH
