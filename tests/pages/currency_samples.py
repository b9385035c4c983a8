"""Dollars: a scene and an order in them, what the smallest amount buys, and the exchange rates of the finance console."""

from dataclasses import replace
from datetime import date

import msgspec

from app.kernel.money import Currency
from app.kernel.text import Language
from app.views.orders.order_page import CashierPage, OrderPage, OrderPhase, PayMethod, RateShown, TooSmall
from app.views.page import Amount, Page
from app.views.scene import CurrencyChoice, ScenePage
from app.web.operator.views import RateRow, RatesPage

DOLLAR = Amount(minor=100, currency=Currency.USD)
URL = "https://rates.example.org/central-parity/2026-11-20"


def currency_pages(scene: ScenePage, cashier: CashierPage, order: OrderPage, language: Language) -> dict[str, Page]:
    """By name."""

    def say(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    assert scene.estimate is not None
    choices = tuple(
        CurrencyChoice(code=code, name=name, url=f"/s/H7QP3K?mode=metro&km=23{more}", is_chosen=code == "CNY")
        for code, name, more in (
            ("CNY", say("人民币", "yuan"), ""),
            ("USD", say("美元", "US dollars"), "&currency=USD"),
        )
    )
    rate = RateShown(
        text="1 USD = 7.1234 CNY",
        day=date(2026, 11, 20),
        source=say("示例外汇牌价中间价", "Sample central parity"),
    )
    card = PayMethod(
        key="tiny.card", label=say("小小卡", "Tiny card"), note=say("用美元付", "Pay in US dollars"), mark="小"
    )
    dollars = replace(
        cashier, amount=DOLLAR, mass_g=142_468, needed_g=12_400, rate=rate, methods=(card,), here="/o/ord_01"
    )
    rates = RatesPage(
        here="/operator/rates", sandbox=True, csrf_token="token", roles=(), links=("inbox", "transfers", "rates"),
        refused=None, days=7, typed={"day": "2026-11-22"}, today="2026-11-22",
        rows=(
            RateRow(
                text=rate.text, day=rate.day, source=rate.source, url=URL, state=say("使用中", "In use"), tone="done"
            ),
            RateRow(
                text="1 USD = 7.098765 CNY", day=date(2026, 11, 13), url=URL,
                source=say("示例国家外汇管理中心人民币汇率中间价公告", "Announcement of the Sample Foreign Exchange Centre"),
                state=say("较早", "Earlier"), tone="void",
            ),
        ),
    )  # fmt: skip
    return {
        "scene_two_currencies": replace(scene, currencies=choices),
        "scene_dollars": replace(
            scene, currency="USD",
            currencies=tuple(replace(one, is_chosen=not one.is_chosen) for one in choices),
            here="/s/H7QP3K?mode=metro&km=23&currency=USD",
            estimate=msgspec.structs.replace(
                scene.estimate, currency="USD", amount_minor=100, price_text="US$1.00", buys_grams=142_468,
                buys_text="142.5 kg",
            ),
        ),
        "scene_no_dollars": replace(
            scene,
            not_offered=say(
                "暂不支持 USD：最近的汇率是 2026-11-10 的，超过 7 天。",
                "USD is not offered: the newest exchange rate is of 2026-11-10, more than 7 days ago.",
            ),
        ),
        "cashier_dollars": dollars,
        "cashier_too_small": replace(
            dollars, methods=(), mass_g=12_400, needed_g=None, amount=Amount(minor=9, currency=Currency.USD),
            too_small=(TooSmall(label=card.label, least=DOLLAR),),
        ),
        "order_dollars": replace(
            order, phase=OrderPhase.RETIRING, amount=DOLLAR, mass_g=142_468, needed_g=12_400, rate=rate
        ),
        "op_rates": rates,
        "op_rates_none": replace(
            rates, rows=(),
            refused=say("暂不支持 USD：还没有复核过的汇率。", "USD is not offered: no exchange rate is confirmed yet."),
        ),
        "op_rates_old": replace(
            rates, rows=(replace(rates.rows[1], state=say("已过期", "Too old"), tone="todo"),),
            refused=say(
                "暂不支持 USD：最近的汇率是 2026-11-13 的，超过 7 天。",
                "USD is not offered: the newest exchange rate is of 2026-11-13, more than 7 days ago.",
            ),
            fault_field="url", notice=say("须写明来源名称。", "Name the source and its address."),
            typed={"rate": "7.1234", "day": "2026-11-22", "source": "x", "url": "http://rates.example.org"},
        ),
    }  # fmt: skip
