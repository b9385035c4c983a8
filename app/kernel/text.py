"""Texts in the two languages of the platform, and which one a reader gets."""

from dataclasses import dataclass
from enum import StrEnum


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
        reach attributes of an object.
        """
        zh, en = self.zh, self.en
        for name, value in values.items():
            zh, en = zh.replace("{" + name + "}", str(value)), en.replace("{" + name + "}", str(value))
        return Text(zh=zh, en=en)


def choose_language(*wishes: str | None) -> Language:
    """The first wish that names a language: `zh*` is Chinese, anything else named is English.

    Wishes come strongest first: `?lang=`, cookie, the person's setting, `Accept-Language` (its first
    entry decides). None or an empty wish is passed over; no wish at all gives Chinese.
    """
    for wish in wishes:
        if wish and (first := wish.split(",")[0].split(";")[0].strip().lower()) and first != "*":
            return Language.ZH if first.startswith("zh") else Language.EN
    return Language.ZH
