"""The results of a scene as XLSX: what they are, the figures, and a sheet for each chart; nobody's name is in it."""

from typing import Final

from app.kernel.clock import BEIJING, utc_now
from app.kernel.text import Language, Text
from app.views import sheets
from app.views.results.figures import Coverage, Slot, Source, Step
from app.views.results.scene_results import Results

SOURCES: Final = {
    Source.ORGANISER: Text(zh="主办方自己注销", en="Retired by the organiser itself"),
    Source.GIVEN_COVERED: Text(zh="主办方赠，给其负责的人群", en="Given to groups that it answers for"),
    Source.GIVEN_GUESTS: Text(zh="主办方赠，给来宾", en="Given to guests"),
    Source.PAID_COVERED: Text(zh="其负责的人群自付", en="Paid by people that it answers for"),
    Source.PAID_GUESTS: Text(zh="来宾自付", en="Paid by guests"),
}
UNKNOWN: Final = "—"
_YES: Final = (Text(zh="否", en="no"), Text(zh="是", en="yes"))
_RULES: Final = (
    Text(
        zh="只算主办方：主办方自己注销的，加上赠给其负责人群的，除以为这些人群申报的排放。对外声明只用这一行。",
        en="The organiser alone: what it retired itself and gave to groups it answers for, over the emissions stated for these."
        " Claims go by this line.",
    ),
    Text(
        zh="加上来宾：再加上这些人群自付的和来宾领取、自付的克数，分母加上来宾自己的排放。",
        en="With guests: also what these groups paid, and what guests were given and paid, over the same and the guests' own"
        " figures.",
    ),
    Text(
        zh="百分比舍去百分位以下；“—”表示不知道，不是零。只算已注销的克数。",
        en="Per cent are rounded down to two decimals; “—” is not known, not zero. Settled grams alone are counted.",
    ),
    Text(
        zh="花费：按先买先用，逐批次算到分；转入赠碳池的克数在这里没有价格。",
        en="Cost: what was bought first was used first, lot by lot, to the fen; grams moved into a pool have no price here.",
    ),
)


def slot_text(one: Slot, step: Step) -> str:
    """When a slot begins, in Beijing: `2026-11-29 09:00`, `2026-11-29`, `2026-11`."""
    pattern = {Step.HOUR: "%Y-%m-%d %H:00", Step.DAY: "%Y-%m-%d", Step.MONTH: "%Y-%m"}[step]
    return one.at.astimezone(BEIJING).strftime(pattern)


async def as_sheet(found: Results, language: Language) -> bytes:
    """Five sheets, the first of which says what the others mean."""

    def say(zh: str, en: str) -> str:
        return zh if language is Language.ZH else en

    def told(grams: int | None) -> int | str:
        return UNKNOWN if grams is None else grams

    def covered(label: str, one: Coverage) -> tuple[int | str, ...]:
        return label, one.retired_g, told(one.emission_g), one.percent or UNKNOWN, told(one.missing_g)

    scene = found.scene
    about = [
        (say("场景", "Scene"), scene.title.in_(language)),
        (say("场景码", "Code"), scene.code),
        (say("主办方", "Organiser"), scene.organiser.in_(language)),
        (say("导出时间（北京）", "Exported at (Beijing)"), sheets.beijing(utc_now())),
        *((say("排放数据来源", "Source of the emissions"), found.source.in_(language)) for _ in [0] if found.source),
        *((say("口径", "How"), rule.in_(language)) for rule in _RULES),
    ]
    figures: list[tuple[int | str, ...]] = [
        (say("指标", "Figure"), say("数值", "Value"), say("单位", "Unit")),
        (say("一共注销", "Retired"), found.mass_g, say("克", "g")),
        (say("人数", "People"), found.people, say("人", "people")),
        (say("领取的人", "Who were given"), found.given_people, say("人", "people")),
        (say("自付的人", "Who paid"), found.paying_people, say("人", "people")),
        (say("证书", "Certificates"), found.papers, say("份", "papers")),
        (say("写了名字的证书", "Certificates with a name"), found.named, say("份", "papers")),
        (say("赠出", "Given"), found.given_g, say("克", "g")),
        (say("其中还在注销", "Of these not settled yet"), found.coming_g, say("克", "g")),
        *(
            (
                say("赠碳花费", "Cost of what was given"),
                one.amount_minor,
                say(f"{one.currency} 分", f"{one.currency} minor units"),
            )
            for one in found.costs
        ),
        (say("没有价格的克数", "Given without a price"), found.unpriced_g, say("克", "g")),
    ]
    coverage: list[tuple[int | str, ...]] = [
        (say("覆盖", "Coverage"), say("注销克数", "Retired grams"), say("排放克数", "Emission in grams"), "%",
         say("还差克数", "Missing grams")),
        covered(say("只算主办方", "The organiser alone"), found.alone),
        covered(say("加上来宾", "With guests"), found.with_guests),
        (),
        (say("来源", "Source"), say("克数", "Grams"), "%"),
        *((SOURCES[one.source].in_(language), one.mass_g, one.share) for one in found.parts),
    ]  # fmt: skip
    groups: list[tuple[int | str, ...]] = [
        (say("代码", "Code"), say("人群", "Group"), say("主办方负责", "Answered for"), say("申报排放克数", "Stated grams"),
         say("人数", "People"), say("赠出克数", "Given grams"), say("自付克数", "Paid grams")),
        *(
            (one.code, one.name.in_(language), _YES[one.is_covered].in_(language), told(one.stated_g), one.people, one.given_g,
             one.paid_g)
            for one in found.groups
        ),
    ]  # fmt: skip
    times: list[tuple[int | str, ...]] = [
        (say("时间（北京）", "Time (Beijing)"), say("人数", "People")),
        *((slot_text(one, found.step), one.people) for one in found.slots),
    ]
    return await sheets.written(
        {
            "说明 About": about,
            "结果 Results": figures,
            "覆盖 Coverage": coverage,
            "人群 Groups": groups,
            "时间 Times": times,
        }
    )
