"""The joint order over HTTP: who may place it, what it answers, what it refuses with which field, who sees its papers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel import ids
from app.registry.credits import Programme
from app.web.organiser.examples import MIXES
from tests.doors.conftest import Caller, Door
from tests.rooms.conftest import open_lot, organisation
from tests.staff import price


@pytest.fixture
async def stocked(door: Door) -> Door:
    """The door's scenes with credits of two programmes for large orders."""
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-1000", 2021)
    await open_lot("CCER-2021", "CCER-2021-0001-501-600", 2021, Programme.CCER)
    await price(Programme.CCER, 8000)
    return door


def shown(organisation_id: UUID) -> str:
    return ids.public("org", organisation_id)


def line(door: Door, grams: int, programme: str, **more: Any) -> dict[str, Any]:
    """What one organisation emitted in 2022."""
    return {
        "fulfil": "retire",
        "scene": door.live,
        "purpose": "organisation",
        "period_from": "2022-01-01",
        "period_to": "2022-12-31",
        "emission_grams": grams,
        "mix": [{"programme": programme}],
    } | more


def mass(**grams: int) -> dict[str, Any]:
    """A mix by mass."""
    return {"mix": [{"programme": name, "grams": mass_g} for name, mass_g in grams.items()]}


async def placed(
    caller: Caller, payer_id: UUID, *lines: Mapping[str, Any], key: str | None = None, **more: str
) -> httpx.Response:
    form = {"payer": shown(payer_id), "lines": lines, **more}
    return await caller.post("/api/v1/orders/joint", json=form, headers={"idempotency-key": key or uuid4().hex})


async def test_two_banks_get_their_certificates_from_one_order_that_a_third_paid(stocked: Door) -> None:
    payer, branch, bank = [await organisation(name) for name in ("示例碳汇公司", "示例三峡分行", "示例总行")]
    mandate = {"ground": "受托代购协议 2023-07", "document": "协议.pdf", "sha256": "9f" * 32}
    async with (
        stocked.operator(payer, Role.OPERATOR) as buyer,
        stocked.operator(bank, Role.AUDITOR) as reader,
        stocked.guest() as stranger,
    ):
        lines = (
            line(stocked, 87_790_000, "CCER", beneficiary=shown(branch), mandate=mandate),
            line(stocked, 856_999_001, "CDCER", beneficiary=shown(bank), mandate=mandate, subject="2022 年度"),
        )
        first, again = [await placed(buyer, payer, *lines, key="joint-1") for _ in range(2)]
        assert (first.status_code, again.status_code, again.headers["idempotent-replayed"]) == (201, 201, "true")
        assert first.content == again.content
        order = first.json()
        assert (order["grams"], order["amount_minor"], order["phase"]) == (944_790_000, 4_987_320, "unpaid")
        assert [(one["beneficiary"], one["grams"], one["amount_minor"]) for one in order["lines"]] == [
            (shown(branch), 87_790_000, 702_320),
            (shown(bank), 857_000_000, 4_285_000),  # rounded up to a kilogram
        ]
        assert len(await fetch("SELECT id FROM purchase_order")) == 1
        assert (await stranger.get(f"/api/v1/orders/{order['id']}")).status_code == 404

        await stocked.fulfilled(order["id"])

        done = (await buyer.get(f"/api/v1/orders/{order['id']}")).json()
        assert done["phase"] == "done"
        papers = [one["certificate_id"] for one in done["lines"]]
        for caller, statuses in ((buyer, (200, 200)), (reader, (404, 200)), (stranger, (404, 404))):
            answers = [await caller.get(f"/api/v1/certificates/{paper}") for paper in papers]
            assert tuple(answer.status_code for answer in answers) == statuses
        theirs = (await reader.get(f"/api/v1/certificates/{papers[1]}")).json()
        (cut,) = theirs["record"]["lines"]
        assert (cut["programme"], cut["start_g"], cut["stop_g"]) == ("CDCER", 0, 857_000_000)

        seen = (await stranger.get(f"/api/v1/verify/{theirs['verify_code']}")).json()
        assert (seen["holder"], seen["register_number"][0]) == ("示例总行", "S")
        page = await stranger.get(f"/v/{theirs['verify_code']}", headers={"accept": "text/html"})
        parties = ("付款方", "示例碳汇公司", "受益方", "示例总行", "受托代购协议 2023-07", "9f" * 32)
        for told in (*parties, "2022 年度", "声明期 2022-01-01 至 2022-12-31"):
            assert told in page.text, told


async def test_the_published_examples_of_the_three_ways_to_mix_are_ordered_and_settled(stocked: Door) -> None:
    bank = await organisation("示例总行")
    await open_lot("CCER-2020", "CCER-2020-0001-1-50", 2020, Programme.CCER)
    await open_lot("CQCER-2021", "CQCER-2021-0001-1-20", 2021, Programme.CQCER)
    await price(Programme.CQCER, 3300)
    lines = [one.value["lines"][0] | {"scene": stocked.live} for one in MIXES]
    async with stocked.operator(bank, Role.SPONSOR) as caller:
        answer = await placed(caller, bank, *lines, scheme=MIXES[0].value["scheme"])
        assert answer.status_code == 201, answer.text
        told = answer.json()["lines"]
        assert [one["scheme"] for one in told] == ["chuanyu"] * 3
        assert [[(price["programme"], price["grams"]) for price in one["prices"]] for one in told] == [
            [("CCER", 50_000_000), ("CDCER", 30_000_000), ("CQCER", 20_000_000)],
            [("CCER", 87_790_000), ("CDCER", 12_210_000)],
            [("CCER", 12_210_000), ("CDCER", 87_790_000)],  # no more CCER, no CQCER was left
        ]
        await stocked.fulfilled(answer.json()["id"])
        done = (await caller.get(f"/api/v1/orders/{answer.json()['id']}")).json()
        assert (done["phase"], len({one["certificate_id"] for one in done["lines"]})) == ("done", 3)


async def test_a_scheme_of_the_order_holds_for_each_line_that_names_no_other(stocked: Door) -> None:
    bank = await organisation("示例总行")
    async with stocked.operator(bank, Role.OPERATOR) as caller:
        ours, foreign = line(stocked, 5_000, "CCER"), line(stocked, 5_000, "CDCER")
        refused = (await placed(caller, bank, ours, foreign, scheme="national")).json()
        assert (refused["status"], refused["code"]) == (422, "HOLDINGS_PROGRAMME_NOT_ACCEPTED")
        assert (refused["message"], refused["detail"]["field"]) == ("全国自愿减排不认可 CDCER。", "/lines/1/mix")
        caller.params = caller.params.set("lang", "en")
        unknown = (await placed(caller, bank, ours, scheme="sichuan")).json()
        assert (unknown["status"], unknown["detail"]["field"]) == (404, "/scheme")
        assert unknown["message"].startswith("There is no scheme sichuan; there are chuanyu, national")
        taken = (await placed(caller, bank, ours, foreign | {"scheme": "chuanyu"}, scheme="national")).json()
        assert [one["scheme"] for one in taken["lines"]] == ["national", "chuanyu"]


async def test_a_claim_is_judged_by_the_profile_of_its_line_or_of_its_order_and_a_donation_by_none(
    stocked: Door,
) -> None:
    bank = await organisation("示例总行")
    lines = (
        line(stocked, 5_000, "CCER"),
        line(stocked, 5_000, "CCER", profile="local", subject="2022 年度"),
        line(stocked, 1_000, "CCER", purpose="donation"),
    )
    async with stocked.operator(bank, Role.OPERATOR) as caller:
        answer = await placed(caller, bank, *lines, profile="iso14068-1")
        assert answer.status_code == 201, answer.text
        assert [one["profile"] for one in answer.json()["lines"]] == ["iso14068-1", "local", None]
        await stocked.fulfilled(answer.json()["id"])
        done = (await caller.get(f"/api/v1/orders/{answer.json()['id']}")).json()
        papers = [(await caller.get(f"/api/v1/certificates/{one['certificate_id']}")).json() for one in done["lines"]]
        judged = [paper["record"]["verdict"] for paper in papers]
        assert [one and (one["profile"], one["version"]) for one in judged] == [
            ("iso14068-1", "1"),
            ("local", "1"),
            None,
        ]

        plain = await placed(caller, bank, lines[0])
        paper = await stocked.paid(plain.json()["id"])
        record = (await caller.get(f"/api/v1/certificates/{paper}")).json()["record"]
        assert (plain.json()["lines"][0]["profile"], record["verdict"]["profile"]) == (None, "local")


async def test_a_profile_that_nobody_knows_is_refused_by_its_field_and_the_known_ones_are_named(stocked: Door) -> None:
    bank = await organisation("示例总行")
    good = line(stocked, 5_000, "CCER")
    async with stocked.operator(bank, Role.OPERATOR) as caller:
        for order, own, field in (("iso", {}, "/profile"), ("local", {"profile": "iso"}, "/lines/0/profile")):
            refused = (await placed(caller, bank, good | own, profile=order)).json()
            assert (refused["status"], refused["code"]) == (422, "CLAIMS_PROFILE_UNKNOWN")
            assert refused["detail"]["field"] == field
            assert refused["message"] == "没有名为 iso 的规则档；现有：iso14068-1, mee-event-2019, local。"
        gift = line(stocked, 1_000, "CCER", purpose="donation", profile="local")
        caller.params = caller.params.set("lang", "en")
        refused = (await placed(caller, bank, good, gift)).json()
        assert (refused["status"], refused["code"]) == (422, "ORDER_PROFILE_UNUSED")
        assert refused["detail"]["field"] == "/lines/1/profile"
        assert refused["message"].startswith("This line makes no claim")
    assert await fetch("SELECT id FROM purchase_order") == []


async def test_only_its_own_operators_and_sponsors_order_for_an_organisation(stocked: Door) -> None:
    ours, other = await organisation("示例总行"), await organisation("示例他行")
    good = line(stocked, 5_000, "CCER")
    for organisation_id, roles, status in (
        (ours, (Role.SPONSOR,), 201),
        (ours, (Role.AUDITOR, Role.FINANCE), 403),
        (other, (Role.OPERATOR,), 403),
    ):
        async with stocked.operator(organisation_id, *roles) as caller:
            answer = await placed(caller, ours, good)
            assert answer.status_code == status, answer.text


async def test_each_refusal_names_its_field_in_both_languages(stocked: Door) -> None:
    bank, other = await organisation("示例总行"), await organisation("示例他行")
    async with stocked.operator(bank, Role.OPERATOR) as caller:
        for changed, status, code, field in (
            ({"scene": "ZZZZZZ"}, 404, "SCENARIO_UNKNOWN", "/lines/1/scene"),
            ({"emission_grams": 0}, 400, "ORDER_MASS_UNFIT", "/lines/1/grams"),
            ({"emission_grams": -1}, 400, "REQUEST_INVALID", "/lines/1/emission_grams"),
            ({"purpose": "judicial"}, 400, "REQUEST_INVALID", "/lines/1/purpose"),
            ({"mix": [{"programme": "CCER", "share_bp": 5000}]}, 400, "HOLDINGS_MIX_UNFIT", "/lines/1/mix"),
            ({"mix": [{"programme": "EUA"}]}, 400, "REQUEST_INVALID", "/lines/1/mix/0/programme"),
            ({"mix": [{"programme": "CCER"}] * 2}, 400, "HOLDINGS_MIX_UNFIT", "/lines/1/mix"),
            (mass(CCER=3_000, CDCER=1_999), 400, "HOLDINGS_MIX_UNFIT", "/lines/1/mix"),
            (
                {"mix": [{"programme": "CCER", "grams": 5_000, "share_bp": 10_000}]},
                400,
                "HOLDINGS_MIX_UNFIT",
                "/lines/1/mix",
            ),
            ({"mix": {"preference": ["CCER", "CCER"]}}, 400, "HOLDINGS_MIX_UNFIT", "/lines/1/mix"),
            ({"mix": {"preference": []}}, 400, "REQUEST_INVALID", "/lines/1/mix/preference"),
            ({"scheme": "sichuan"}, 404, "HOLDINGS_SCHEME_UNKNOWN", "/lines/1/scheme"),
            (
                {"scheme": "chuanyu"} | mass(CCER=3_000, VCU=2_000),
                422,
                "HOLDINGS_PROGRAMME_NOT_ACCEPTED",
                "/lines/1/mix",
            ),
            ({"period_to": "2021-12-31"}, 400, "ORDER_PERIOD_UNFIT", "/lines/1/period_to"),
            ({"beneficiary": shown(other)}, 422, "ORDER_MANDATE_MISSING", "/lines/1/mandate"),
            ({"beneficiary": "org_none"}, 404, "ORDER_PARTY_UNKNOWN", "/lines/1/beneficiary"),
            ({"mandate": {"ground": "协议", "document": "协议.pdf"}}, 400, "ORDER_MANDATE_UNFIT", "/lines/1/mandate"),
            ({"emission_grams": 200_000_000}, 409, "CREDITS_EXHAUSTED", "/lines/1/mix"),
            (
                {"emission_grams": 10**12, "mix": {"preference": ["CCER", "CDCER"]}},
                409,
                "CREDITS_EXHAUSTED",
                "/lines/1/mix",
            ),
        ):
            lines = (line(stocked, 5_000, "CDCER"), line(stocked, 5_000, "CCER", **changed))
            problem = (await placed(caller, bank, *lines)).json()
            assert (problem["status"], problem["code"], problem["detail"]["field"]) == (status, code, field)
        assert not await fetch("SELECT id FROM purchase_order")


async def test_a_paid_order_is_taken_back_over_http_until_it_is_retired(stocked: Door) -> None:
    async with stocked.guest() as citizen:
        order_id = (await citizen.order(stocked.live)).json()["id"]
        await stocked.paid(order_id)
        late = await citizen.post(f"/api/v1/orders/{order_id}/take-back", json={"reason": "晚了"})
        assert (late.status_code, late.json()["code"]) == (409, "ORDER_RETIRED")


async def test_an_organisation_enters_its_actual_figure_over_http_once_the_period_is_over(stocked: Door) -> None:
    bank, other = await organisation("示例总行"), await organisation("示例他行")
    async with stocked.operator(bank, Role.OPERATOR) as caller, stocked.operator(other, Role.OPERATOR) as stranger:
        ahead = line(stocked, 5_000, "CCER", period_from="2026-01-01", period_to="2199-12-31")
        order_id = (await placed(caller, bank, ahead)).json()["id"]
        await stocked.fulfilled(order_id)
        paper = (await caller.get(f"/api/v1/orders/{order_id}")).json()["certificate_id"]
        url = f"/api/v1/certificates/{paper}/true-up"
        early = await caller.post(url, json={"actual_grams": 4_000})
        assert (early.status_code, early.json()["code"]) == (409, "CLAIMS_PERIOD_NOT_OVER")
        assert (await stranger.post(url, json={"actual_grams": 4_000})).status_code == 404
        assert (await caller.post(url, json={"actual_grams": -1})).json()["detail"]["field"] == "/actual_grams"
