"""A version of a zone in words: what pages, papers and the cashier will follow, beside what stands now. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from app.kernel import mass
from app.kernel.text import Text
from app.views.inbox.describing import Before, Description, Line, Said


def zone_version(said: Said, before: Before) -> Description:
    """What two people agree upon; `before` is the document that stands now, empty of a new zone."""
    document = said["document"]
    name = _text(document["name"])
    return Description(
        title=Text(zh=f"专区 {name.zh} 第 {said['version']} 版", en=f"Zone {name.en}, version {said['version']}"),
        about=_same(f"{said['slug']} · {document['owner_register']}"),
        lines=tuple(_lines(said["slug"], document, before)),
        outcome=Text(
            zh="同意后专区页面、证书和场景内的支付方式立即按此版本；已发的证书不变。专区不能删除，可再提交新版本。",
            en="The zone's page, its papers and the ways to pay in its scenes follow this version at once; papers that are"
            " issued stay. A zone is never deleted; another version may be proposed.",
        ),
        link=f"/z/{said['slug']}" if before else None,
    )


def _lines(slug: str, document: Mapping[str, Any], before: Mapping[str, Any]) -> list[Line]:
    told = [Line(Text(zh="地址", en="Address"), _same(f"/z/{slug}"))]
    for label, describe in _FACTS:
        now = describe(document)
        was = describe(before) if before else None
        told.append(Line(label, now, was if was is not None and was != now else None))
    return told


def _pair(text: Mapping[str, str]) -> Text:
    return _same(f"{text['zh']} / {text['en']}")


def _scenes(document: Mapping[str, Any]) -> Text:
    return _same(", ".join(scene["code"] for scene in document["scenes"]))


def _methods(document: Mapping[str, Any]) -> Text:
    methods = document["payment_methods"]
    return Text(zh="不限", en="any") if methods is None else _same(", ".join(methods))


def _certificate(document: Mapping[str, Any]) -> Text:
    told = document["certificate"]
    parts = [told["accent"], *(_pair(told[name]).zh for name in ("line", "seal") if told[name] is not None)]
    return _same(" · ".join(parts))


def _boards(document: Mapping[str, Any]) -> Text:
    boards = [
        f"{board['title']['zh']} / {board['title']['en']} ({board['since']}, ≥ {mass.exact_t(board['minimum_g'])} t)"
        for board in document["boards"]
    ]
    return _same("; ".join(boards) or "—")


def _stated(name: str, document: Mapping[str, Any]) -> Text:
    stated = document[name]
    if stated is None:
        return Text(zh="未申报", en="not stated")
    figure = f"{mass.exact_t(stated['mass_g'])} t · {stated['stated_on']}"
    return Text(zh=f"{figure} · {stated['source']['zh']}", en=f"{figure} · {stated['source']['en']}")


def _text(said: Mapping[str, str]) -> Text:
    return Text(zh=said["zh"], en=said["en"])


def _same(text: str) -> Text:
    return Text(zh=text, en=text)


_FACTS: Final = (
    (Text(zh="名称", en="Name"), lambda it: _pair(it["name"])),
    (Text(zh="欢迎词", en="Welcome"), lambda it: _pair(it["welcome"])),
    (Text(zh="日期", en="Days"), lambda it: _same(f"{it['starts_on']} – {it['ends_on']}")),
    (Text(zh="语言", en="Languages"), lambda it: _same(", ".join(it["languages"]))),
    (Text(zh="外观", en="Look"), lambda it: _same(f"{it['theme']['accent']} · {it['theme']['backdrop']}")),
    (Text(zh="场景", en="Scenes"), _scenes),
    (Text(zh="支付方式", en="Ways to pay"), _methods),
    (Text(zh="证书", en="Papers"), _certificate),
    (Text(zh="贡献榜", en="Boards"), _boards),
    (Text(zh="申报排放", en="Emissions stated"), lambda it: _stated("emissions", it)),
    (Text(zh="申报减排", en="Reductions stated"), lambda it: _stated("reductions", it)),
)
