"""A joint order from a file: looked at, placed once, shown with its statements; each fault names its field."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app import certificates
from app.cli import main
from app.cli.orders import joint, printing
from app.commerce import orders
from app.foundation.identity import Role
from app.gateways.database import fetch, transaction
from app.kernel import ids
from app.kernel.clock import utc_now
from app.kernel.errors import Invalid
from app.kernel.text import Language
from app.registry import retirements
from app.registry.credits import Programme
from app.views.orders.joint import JOINT_ORDER
from app.views.orders.lines import lines_of
from app.views.orders.ordering import progress
from tests.cli.conftest import diandian
from tests.cli.test_claiming import ISSUER
from tests.conftest import PROJECT
from tests.rooms.commerce.orders.test_orders_of_lines import CHUANYU
from tests.rooms.conftest import KEYRING, PROFILES, River, connected, open_lot, organisation
from tests.staff import enrolled, join, price

EMAIL, PASSWORD = "buyer@example.org", "correct horse battery"


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who orders for an organisation, their terminal, and the order of two banks."""

    river: River
    order: dict[str, Any]
    environment: dict[str, str]
    file: Path

    def place(self, *arguments: str, order: dict[str, Any] | None = None) -> tuple[int, str, str]:
        self.file.write_text(json.dumps(order or self.order), "utf-8")
        done = diandian("order", "place", "--file", str(self.file), *arguments, environment=self.environment)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
async def desk(river: River, tmp_path: Path) -> Desk:
    await open_lot("CCER-2021", "CCER-2021-0001-501-600", 2021, Programme.CCER)
    await open_lot("CDCER-2021", "CDCER-2021-0001-1-857", 2021)
    await price(Programme.CCER, 8000)
    payer, *banks = [await organisation(name) for name in ("示例碳汇公司", "示例三峡分行", "示例总行")]
    await enrolled(EMAIL, PASSWORD, payer, [Role.SPONSOR], keyring=KEYRING)
    lines = [
        line | {"scene": river.scene.code, "beneficiary": ids.public("org", bank)}
        for line, bank in zip(JOINT_ORDER["lines"], banks, strict=True)
    ]
    return Desk(
        river=river,
        order=JOINT_ORDER | {"payer": ids.public("org", payer), "lines": lines},
        environment={
            "DATABASE_URL": river.stand.app_url,
            "DIANDIAN_MASTER_KEYS": f"t1={base64.b64encode(b'k' * 32).decode()}",
            "DIANDIAN_INDEX_KEY": base64.b64encode(b"i" * 32).decode(),
            "DIANDIAN_OPERATOR_PASSWORD": PASSWORD,
            "DIANDIAN_UNPAID_ORGANISATION_PERMILLE": "1000",  # these orders are most of what is open
            "DIANDIAN_UNPAID_TOTAL_PERMILLE": "1000",
            "LANG": "C.UTF-8",
        },
        file=tmp_path / "joint.json",
    )


async def test_a_look_shows_lines_lots_and_prices_and_orders_nothing(desk: Desk) -> None:
    code, told, _ = desk.place()

    assert code == 0, told
    for line in (
        r" 1  Sample company +87\.79 t = 87,790 kg = 87,790,000 g",
        r"CCER +87\.79 t × ¥80\.00/t +¥7,023\.20",
        r"CDCER +857 t × ¥50\.00/t +¥42,850\.00",
        r"CDCER-2021 · 2021 · Sample greenway sink · 857 t",
        r"accepted under Sichuan–Chongqing joint service",
        r"Total +944\.79 t = 944,790 kg = 944,790,000 g +¥49,873\.20",
        r"nothing is held",
    ):
        assert re.search(line, told), f"{line} is not in {told}"
    assert not await fetch("SELECT id FROM purchase_order")


async def test_a_file_placed_twice_is_one_order_whatever_its_lines(desk: Desk) -> None:
    code, told, complaint = desk.place("--yes", "--by", EMAIL)
    assert code == 0, complaint
    (number,) = set(re.findall(r"ord_[0-9A-Z]{26}", told))
    assert "diandian order pay" in told  # no channel is set up here: the order stands, its code comes later

    again = desk.place("--yes", "--by", EMAIL, order=dict(reversed(desk.order.items())))
    assert (again[0], number in again[1]) == (0, True), again
    (row,) = await fetch("SELECT intent_key, mass_g, amount_minor FROM purchase_order")
    assert (row["mass_g"], row["amount_minor"]) == (944_790_000, 4_987_320)
    assert row["intent_key"] == joint.key_of(joint.read_form(json.dumps(desk.order).encode()))

    other = desk.place("--yes", "--by", EMAIL, "--key", "2024")
    assert (other[0], "CDCER 757 t short" in other[1]) == (1, True), other


async def test_who_may_not_order_for_the_payer_is_refused(desk: Desk) -> None:
    stranger = desk.order | {"payer": desk.order["lines"][0]["beneficiary"]}
    code, _, complaint = desk.place("--yes", "--by", EMAIL, order=stranger)
    assert (code, "/payer · session.role_missing" in complaint) == (1, True), complaint


async def test_an_order_is_shown_with_its_grams_serials_and_statements(
    river: River, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    form = joint.read_form(json.dumps(desk.order).encode())
    asked = await joint.read_joint(
        form, by=None, recognition={"chuanyu": CHUANYU}, profiles=PROFILES, rate_days=7, language=Language.EN
    )
    await join(river.person_id, asked.payer_id, Role.OPERATOR)
    order = await orders.place_joint(asked, by=river.person_id, key="k", clock=utc_now)
    async with connected(river.stand.super_url) as admin:  # nobody has paid: what its statements show is looked at here
        await admin.execute("SET session_replication_role = replica")
        sold = (
            "UPDATE purchase_order SET state = 'paid', sale_cause = 'sale:order:' || id, payment_id = id WHERE id = $1"
        )
        await admin.execute(sold, order.id)
    async with transaction() as tx:
        requested = await retirements.request(
            [
                retirements.Request(
                    cause=line.cause,
                    claim=line.claim,
                    funding=line.funding,
                    payer_id=order.payer_id,
                    holder_id=order.payer_id,
                    mandate_id=line.mandate_id,
                    mass_g=line.mass_g,
                )
                for line in order.retire_lines
            ],
            tx=tx,
        )
        await retirements.settle(requested, tx=tx)
        await certificates.issue(
            certificates.NEUTRALITY, list(map(certificates.cause_of, requested)), issuer=ISSUER, tx=tx
        )

    at = await progress(await orders.recall(order.id))
    shown = joint.Shown(
        progress=at,
        lines=await lines_of(at, Language.EN, {"chuanyu": CHUANYU}, most=None),
        number=ids.public("ord", order.id),
        public_url="https://carbon.example",
    )
    printing.print_shown(shown, Language.EN, as_json=False)
    told = capsys.readouterr().out
    for line in (
        r" · done · ¥49,873\.20",
        r"✔ statement issued  R-\d{8}-",
        r"CCER-2021  grams 0 to 87,790,000",
        r"CCER-2021-0001-501-600 #501 – #588",
        r"CDCER-2021  grams 0 to 857,000,000",
        r"https://carbon\.example/v/[0-9A-Z]{10}",
    ):
        assert re.search(line, told), f"{line} is not in {told}"

    printing.print_shown(shown, Language.EN, as_json=True)
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [(line["state"], line["slices"][0]["stop_g"]) for line in lines] == [
        ("done", 87_790_000),
        ("done", 857_000_000),
    ]


async def test_the_organisations_a_file_may_name_are_found_by_their_names(desk: Desk) -> None:
    found = [
        diandian("order", "parties", *words, environment=desk.environment | {"LANG": "zh_CN.UTF-8"}).stdout
        for words in ((), ("总行",), ("没有",))
    ]
    assert len(found[0].splitlines()) == 4  # the organisation that runs the platform, and three
    assert found[1] == f"{desk.order['lines'][1]['beneficiary']}  示例总行\n"
    assert found[2] == "没有这样的机构\n"


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (b'{"payer": 7, "lines": []}', "/payer", "request.invalid"),
        (b'{"payer": "org_1", "lines": []}', "/lines", "request.invalid"),
        (json.dumps(JOINT_ORDER).replace("87790000", '"much"').encode(), "/lines/0/emission_grams", "request.invalid"),
        (json.dumps(JOINT_ORDER).replace("mandate", "mandat").encode(), "/lines/0/mandat", "request.invalid"),
        (b'{"payer": ', None, "request.json_malformed"),
    ],
)
def test_a_fault_in_a_file_names_its_field(raw: bytes, field: str | None, code: str) -> None:
    with pytest.raises(Invalid) as fault:
        joint.read_form(raw)
    assert (fault.value.field, fault.value.code) == (field, code)


def test_the_documented_file_is_the_one_that_is_printed() -> None:
    printed = CliRunner().invoke(main, ["order", "place", "--example"]).output
    paper = (PROJECT / "docs" / "rooms" / "orders.md").read_text("utf-8")
    assert json.loads(re.findall(r"```json\n(.*?)```", paper, re.DOTALL)[0]) == json.loads(printed)
    joint.read_form(printed.encode())


@pytest.mark.parametrize("arguments", [(), ("--file", "pyproject.toml", "--yes")])
def test_a_wrong_use_says_what_is_missing(arguments: tuple[str, ...]) -> None:
    refused = CliRunner().invoke(main, ["order", "place", *arguments], env={"DIANDIAN_OPERATOR_EMAIL": ""})
    assert (refused.exit_code, "Traceback" in refused.output) == (2, False)
