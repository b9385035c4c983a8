"""`/kit`: every component with all its states, in both languages, for whoever builds a page. Mounted in a rehearsal only.

What stands here is invented; nothing is read from a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from markupsafe import Markup

from app.kernel.drawing import ring_svg
from app.kernel.drawing.ring import Use
from app.kernel.text import Language, Text
from app.views import listing
from app.views.console import Age, Console
from app.web.kit.responses import html

HERE: Final = "/kit"
_NOW: Final = datetime(2026, 11, 22, 2, 32, 7, tzinfo=UTC)
_SAYS: Final[Mapping[str, Text]] = {
    "title": Text(zh="部件", en="Components"),
    "lead": Text(
        zh="每个部件和它的所有状态。页面用 kit/parts、kit/lists、kit/forms 里的宏搭成。",
        en="Every component with all its states. Pages are built from the macros in kit/parts, kit/lists and kit/forms.",
    ),
    "tokens": Text(zh="颜色", en="Colours"),
    "tags": Text(zh="标签", en="Tags"),
    "running": Text(zh="进行中", en="Running"),
    "draft": Text(zh="草稿", en="Draft"),
    "name": Text(zh="待看名字", en="Name to check"),
    "failed": Text(zh="未通过", en="Refused"),
    "done": Text(zh="已完成", en="Done"),
    "giver": Text(zh="示例城市总工会", en="Sample City Union"),
    "day": Text(zh="今天 23:59 前领取", en="Take it by 23:59 today"),
    "people": Text(zh="已有 1,286 人参与", en="1,286 people so far"),
    "gift": Text(zh="主办方请你中和 20 kg", en="The organiser offers you 20 kg"),
    "gift.text": Text(zh="全额覆盖这一趟", en="It covers this whole trip"),
    "gift.gone": Text(zh="赠碳领完了，谢谢你来", en="All gifts are taken. Thank you for coming"),
    "gift.gone.text": Text(zh="你仍可以自己出 ¥0.62。", en="You can still pay ¥0.62 yourself."),
    "chips": Text(zh="选择与筛选", en="Choices and filters"),
    "metro": Text(zh="地铁", en="Metro"),
    "car": Text(zh="自驾", en="Car"),
    "train": Text(zh="高铁", en="Train"),
    "flight": Text(zh="飞机", en="Flight"),
    "buttons": Text(zh="按钮与链接", en="Buttons and links"),
    "take": Text(zh="免费中和，领取证书", en="Neutralise for free"),
    "save": Text(zh="保存图片", en="Save the picture"),
    "sign": Text(zh="经办签字", en="Sign as maker"),
    "query": Text(zh="查询并补单", en="Query and repair"),
    "self": Text(zh="自己出 ¥0.62", en="Pay ¥0.62 myself"),
    "forest": Text(zh="先看看去向哪片林子", en="See which forest it goes to"),
    "figures": Text(zh="数字", en="Figures"),
    "trip": Text(zh="这一趟的碳足迹", en="Footprint of this trip"),
    "trip.text": Text(zh="往返 144 km 自驾，午餐 1 份", en="144 km by car there and back, 1 lunch"),
    "taken": Text(zh="领取的人", en="People"),
    "given": Text(zh="送出", en="Given"),
    "paid": Text(zh="来宾自付", en="Paid by guests"),
    "letters": Text(zh="通道来信", en="From channels"),
    "all_done": Text(zh="都处理完了", en="All dealt with"),
    "to_check": Text(zh="要我复核", en="For me to review"),
    "to_do": Text(zh="要我办理", en="For me to do"),
    "by_giver": Text(zh="主办方赠你", en="Given to you"),
    "by_you": Text(zh="你来出", en="Yours to pay"),
    "rings": Text(zh="年轮", en="Rings"),
    "rows": Text(zh="列表行", en="List rows"),
    "look": Text(zh="看一个名字", en="Look at a name"),
    "look.text": Text(zh="同意上大屏，等了 2 分钟", en="Wants to be on the wall, waiting 2 minutes"),
    "scene": Text(zh="示例职工合唱节", en="Sample choir festival"),
    "scene.text": Text(zh="10-18，812 人，9.64 t", en="18 Oct, 812 people, 9.64 t"),
    "time": Text(zh="经过", en="History"),
    "proposed": Text(zh="已提请", en="Proposed"),
    "waiting": Text(zh="待复核", en="To be reviewed"),
    "stopped": Text(zh="想读每月明细，被拒", en="Asked for monthly figures, refused"),
    "maker": Text(zh="周子涵", en="Zhou Zihan"),
    "checker": Text(zh="苏和", en="Su He"),
    "steps": Text(zh="步骤", en="Steps"),
    "step1": Text(zh="付款", en="Paid"),
    "step2": Text(zh="注销", en="Retired"),
    "step3": Text(zh="出证", en="Certified"),
    "step4": Text(zh="上屏", en="On screen"),
    "notices": Text(zh="提示", en="Notices"),
    "low": Text(zh="赠碳池低于 20 %", en="The gift pool is below 20 %"),
    "low.text": Text(zh="照现在的速度 10:55 领完。", en="At this pace it is empty at 10:55."),
    "declined": Text(zh="没有扣款，订单还在", en="Nothing was charged, the order stands"),
    "declined.text": Text(zh="换一种方式，或稍后再试。", en="Choose another way, or try again later."),
    "stored": Text(zh="已保存", en="Saved"),
    "empty": Text(zh="空状态", en="Empty state"),
    "first": Text(zh="年轮从第一个点开始", en="A ring begins with one dot"),
    "first.text": Text(zh="扫一场活动的码，点亮之后，它一直在。", en="Scan an event’s code. Once lit, it stays."),
    "begin": Text(zh="扫一场活动的码", en="Scan a code"),
    "list": Text(zh="列表页", en="The list page"),
    "what": Text(zh="事情", en="Matter"),
    "object": Text(zh="对象", en="Object"),
    "amount": Text(zh="数量", en="Quantity"),
    "waited": Text(zh="等了", en="Waiting"),
    "lot": Text(zh="批次入库", en="New lot"),
    "publish": Text(zh="场景发布", en="Publishing"),
    "refund": Text(zh="手工退款", en="Refund by hand"),
    "late": Text(zh="5 天，已超时", en="5 days, too late"),
    "all": Text(zh="全部", en="All"),
    "mine": Text(zh="要我办的", en="Mine"),
    "find": Text(zh="按名称查找", en="Search by name"),
    "sum": Text(zh="合计", en="Sum"),
    "form": Text(zh="表单", en="The form"),
    "number": Text(zh="登记号", en="Register number"),
    "number.help": Text(zh="18 位", en="18 characters"),
    "number.fault": Text(zh="登记号不正确，请核对每一位。", en="This is no register number. Please check it."),
    "kind": Text(zh="类型", en="Kind"),
    "company": Text(zh="企业", en="Company"),
    "court": Text(zh="法院", en="Court"),
    "reason": Text(zh="原因", en="Reason"),
    "agree": Text(zh="我已核对数量和序列号", en="I have checked quantity and serials"),
    "wall": Text(zh="在大屏展示 30 秒", en="Show me on the wall for 30 s"),
    "wall.help": Text(zh="不勾选也能领到证书", en="You get the certificate either way"),
    "pay.a": Text(zh="微信支付", en="WeChat Pay"),
    "pay.b": Text(zh="支付宝", en="Alipay"),
    "meals": Text(zh="午餐", en="Lunch"),
    "off": Text(zh="现在不能选", en="Not available now"),
    "refused": Text(zh="填写的内容有误。", en="Something is wrong with what was entered."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invented history."""

    state: str
    tone: str
    who: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPage(Console):
    """All components."""

    template: ClassVar[str] = "kit/gallery.html"

    says: Mapping[str, str]
    colours: tuple[str, ...]
    age: Age
    lines: tuple[Line, ...]
    filters: tuple[listing.Filter, ...]
    search: listing.Search
    paging: listing.Paging
    rings: Mapping[str, Markup]


def gallery_page(language: Language, query: Mapping[str, str]) -> GalleryPage:
    """The page, with whichever row of its list the address opens."""
    says = {key: text.in_(language) for key, text in _SAYS.items()}
    asked = listing.read(HERE, query, {"show": ("all", "mine")}, has_words=True)
    return GalleryPage(
        here=asked.here,
        sandbox=True,
        roles=("operator", "reviewer"),
        csrf_token="",
        says=says,
        colours=("ink", "ink-2", "ink-3", "pine", "pine-d", "lake-d", "gift-ink", "gift-on", "seal"),
        age=Age(number=2, unit="days"),
        lines=(
            Line(state=says["proposed"], tone="done", who=says["maker"], at=_NOW - timedelta(days=2)),
            Line(
                state=says["stopped"],
                tone="void",
                who=says["giver"],
                at=_NOW - timedelta(hours=5),
                note="ST-2026-1103-7Q",
            ),
            Line(state=says["waiting"], tone="todo", who=says["checker"], at=_NOW),
        ),
        filters=(asked.filter("show", "all", says["all"], 23), asked.filter("show", "mine", says["mine"], 3)),
        search=asked.search,
        paging=asked.paging(123),
        rings={
            "phone": _ring("phone", 0.85),
            "none": _ring("phone", 0),
            "one": _ring("phone", 0.005),
            "mini": _ring("mini", 1),
            "half": _ring("mini", 0.5),
            "gift": _ring("gift", 0.8),
            "gone": _ring("gift", 0),
        },
    )


def _ring(use: Use, progress: float) -> Markup:
    return Markup(ring_svg("H7QP3K", use=use, progress=progress))  # noqa: S704 - drawn by us


@get(HERE, include_in_schema=False)
async def show_gallery(request: Request[Any, Any, Any], language: NamedDependency[Language]) -> Response[bytes]:
    """The page; production does not have it."""
    return html.page(gallery_page(language, request.query_params), language)


routes: Final = Router("/", route_handlers=[show_gallery], include_in_schema=False)
