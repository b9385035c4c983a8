"""Every verb of the tree on sample data and on wrong input, in both languages: no line is wider than a terminal, no
refusal is in another language, nothing ends in a trace.

The tree is walked: a verb that is new stands in no row and fails.
"""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app import certificates
from app.cli import main
from app.cli.columns import WIDTH, columns
from app.cli.scenes.publishing_scenes import EXAMPLE
from app.foundation import identity
from app.foundation.identity import OrganisationKind, Role
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel import ids
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import retirements
from app.registry.credits import Programme, Suspension
from app.views import bills as words
from config.places import SAMPLE_ZONE
from tests.cli.conftest import CHEAPEST
from tests.cli.test_claiming import EXAMPLE as CLAIM
from tests.cli.test_claiming import ISSUER
from tests.cli.test_every_verb_names_its_actor import leaves
from tests.cli.test_ordering import Desk, desk
from tests.conftest import PROJECT
from tests.rooms.commerce.bills.conftest import found_difference
from tests.rooms.conftest import KEYRING, PROFILES, connected
from tests.staff import enrolled, suspended

__all__ = ["desk"]
LONG = Text(
    zh="四川省示例市碳普惠与生态产品价值实现机制创新联合促进有限责任公司（万山分行）",
    en="Sample Company for the Joint Advancement of Carbon Inclusion and of Ecosystem Values, Wanshan branch",
)
OURS, PASSWORD = "somebody.with.a.long.name@carbon-exchange.example.org", "correct horse battery"
BY = ("--by", OURS)
NOBODY = "00000000-0000-0000-0000-000000000000"
BANK = {f"DIANDIAN_BANK_{name}": "SANDBOX0000" for name in ("HOLDER", "BRANCH", "ACCOUNT")}
LANGUAGES = {"zh": "zh_CN.UTF-8", "en": "en_GB.UTF-8"}

TRIED: dict[str, list[tuple[str, ...]]] = {
    "doctor": [(), ("--production",)],
    "prove": [(), ("--all",), ("--day",), ("--day", "--all"), ("--lot", "{lot}"), ("--lot", "none")],
    "verify": [()],
    "reconcile": [(), ("--all",), ("--minutes", "0")],
    "certificate verify": [("{code}",), ("AAAAA-AAAAA",), ("？",)],
    "approvals list": [(), ("--role", "reviewer", "--kind", "lot"), ("--limit", "1")],
    "approvals show": [("{proposal}",), (NOBODY,), ("7",)],
    "approvals approve": [
        ("{proposal}", "{sha256}", "--amount", "1", *BY), ("{proposal}", "{sha256}", *BY), (NOBODY, "aa", *BY),
        ("7", "aa", *BY),
    ],
    "approvals return": [("{proposal}", "{sha256}", "--reason", "数字不符", *BY), (NOBODY, "aa", "--reason", "no", *BY)],
    "approvals withdraw": [("{proposal}", *BY), (NOBODY, *BY), ("7", *BY)],
    "cancellations list": [(), ("--limit", "1")],
    "cancellations propose": [("{lot}", *BY), ("none", *BY)],
    "claims annex": [(), ("--profile", "iso14068-1"), ("--profile", "none")],
    "claims judge": [("--file", "{claim}", "--profile", "iso14068-1"), ("--file", "{junk}"), ("--file", "{folder}")],
    "claims show": [("{retirement}",), ("{code}",), ("R-20200101-00000000",)],
    "claims name": [("{retirement}", "--agree", *BY), ("R-20200101-00000000", "--object", *BY)],
    "holding list": [BY, ("--json", *BY)],
    "webhook list": [BY, ("--json", *BY)],
    "webhook log": [("whe_x", *BY), ("whe_x", "--json", *BY)],
    "webhook test": [("whe_x", *BY)],
    "webhook redeliver": [("whe_x", "whd_x", *BY)],
    "holding buy": [
        ("org_x", "--programme", "CDCER", "--grams", "5", *BY), ("org_x", "--programme", "GOLD", "--grams", "5", *BY),
    ],
    "holding transfer": [("acc_x", "org_x", "--programme", "CDCER", "--grams", "5", "--reason", "x", *BY)],
    "holding retire": [
        ("acc_x", "--programme", "CDCER", "--grams", "5", "--scene", "x", "--purpose", "organisation", "--from", "2022-01-01",
         "--to", "2022-12-31", "--emission-grams", "5", *BY),
        ("acc_x", "--programme", "CDCER", "--grams", "0", "--scene", "x", "--purpose", "organisation", "--from", "someday",
         "--to", "2022-12-31", "--emission-grams", "5", *BY),
    ],
    "holding approve": [("apr_x", "aa", *BY)],
    "holding return": [("ord_x", "--grams", "5", *BY), ("ord_x", "--grams", "0", *BY)],
    "import lots": [("{sheet}",), ("{junk}",), ("{folder}",), (), ("--template", "{junk}"), ("--template", "{folder}/a.txt")],
    "invite": [("--role", "auditor", *BY), ("--role", "king", *BY), ("--role", "court", "--organisation", "org_x", *BY)],
    "invitation list": [BY, ("--organisation", "org_x", *BY)],
    "invitation revoke": [("inv_x", *BY)],
    "join": [("http://127.0.0.1/join/none",), ("none", "--name", "x", "--email", "y")],
    "lot doubles": [()],
    "lot double": [("none", "same", "--note", "x", *BY), ("{lot}", "perhaps", "--note", "x", *BY)],
    "methodology list": [()],
    "methodology suspend": [
        ("CDCER", "CDCER-001", "--from", "{tomorrow}", "--note-zh", "停", "--note-en", "stop", "--source", "x", *BY),
        ("CDCER", "none", "--from", "2031-02-30", "--note-zh", "停", "--note-en", "stop", "--source", "x", *BY),
        ("CDCER", "none", "--from", "{tomorrow}", "--note-zh", "停", "--note-en", "stop", "--source", "x", *BY),
    ],
    "methodology resume": [("CDCER", "none", "--source", "x", *BY)],
    "methodology load": [BY, ("--file", "{junk}", *BY)],
    "migrate": [()],
    "operator list": [BY, ("--limit", "1", *BY)],
    "operator take-role": [("none@example.org", "court", *BY), ("none@example.org", "king", *BY)],
    "operator reset": [("none@example.org", *BY, "--second", OURS)],
    "recover": [("--since", "2026-11-30T12:00:00+08:00"), ("--since", "yesterday")],
    "person see": [("7K3M9QFX2R", "--reason", "asked", "--said", "a sample reason", *BY)],
    "operator disable": [("none@example.org", *BY)],
    "order parties": [(), ("总行",), ("没有",), ("--limit", "1")],
    "order place": [
        ("--file", "{order}"), ("--file", "{order}", "--yes", "--by", "{buyer}"), ("--file", "{junk}"), (), ("--example",),
        ("--file", "{order}", "--yes"), ("--file", "{folder}"),
    ],
    "order show": [("{ordered}",), ("ord_x",)],
    "order pay": [("ord_x", *BY), ("ord_x", "--method", "x.y", *BY)],
    "order quoted": [()],
    "order reserve": [("ord_x", "--reason", "x", *BY), ("ord_x", "--reason", "x", "--hours", "0", *BY)],
    "organisation list": [(), ("没有",), ("--waiting",), ("--limit", "1")],
    "organisation add": [
        ("--name-zh", LONG.zh, "--name-en", LONG.en, "--kind", "company", "--register-number", "91350100M000100Y43",
         "--papers", "营业执照副本、章程与授权书", *BY),
        ("--name-zh", "x", "--name-en", "x", "--kind", "company", "--register-number", "1", "--papers", "x", *BY),
    ],
    "organisation propose": [("org_x", "--papers", "x", *BY)],
    "organisation verify": [(NOBODY, "aa", *BY)],
    "organisation return": [(NOBODY, *BY), ("7", *BY)],
    "outbox dead": [(), ("--limit", "1")],
    "rewrap-keys": [()],
    "outbox replay": [("1",), (), ("--all",), ("x",)],
    "payment expected": [(), ("--limit", "1")],
    "bill list": [(), ("--channel", "wechatpay", "--limit", "1")],
    "bill show": [("{today}",), ("someday",)],
    "bill differences": [(), ("--all", "--limit", "1")],
    "bill fetch": [("wechatpay", "{today}", *BY), ("none", "{today}", *BY), ("wechatpay", "someday", *BY)],
    "bill ask": [("{difference}", *BY), ("bdf_x", *BY)],
    "bill take": [("{difference}", *BY), ("bdf_x", *BY)],
    "bill explain": [
        ("{difference}", "--reason", " ", *BY), ("{difference}", "--reason", "已向渠道核实，渠道漏列", "--missing", *BY),
        ("bdf_x", "--reason", "x", *BY),
    ],
    "bill sign": [("{today}", *BY), ("someday", *BY)],
    "payment receipt": [
        ("DD7K3M9QXR", "--amount", "150.00", "--bank-number", "ICBC-91", "--payer-name", LONG.zh, "--value-day", "2026-11-27",
         *BY),
        ("x", "--amount", "much", "--bank-number", "x", "--payer-name", "x", "--value-day", "someday", *BY),
    ],
    "payment statement": [
        ("{statement}", *BY), ("{statement}", "--take", *BY), ("{not_a_statement}", *BY), ("none.csv", *BY),
    ],
    "payment parked": [(), ("--json",)],
    "payment decide": [("7", "note", "--reason", "x", *BY), ("x", "note", "--reason", "x", *BY)],
    "payment refused": [()],
    "zone apply": [(str(SAMPLE_ZONE), *BY), ("{junk}", *BY), ("{folder}", *BY)],
    "zone confirm": [(NOBODY, "aa", *BY), ("7", "aa", *BY)],
    "zone list": [(), ("--json", "--limit", "1")],
    "zone show": [("none",)],
    "zone support": [("none",), ("none", "--json")],
    "zone record-support": [
        ("none", str(SAMPLE_ZONE), "--donor", "CN 91510100MA0000002X", "--kind", "project", "--quantity", "5", "--unit", "tree",
         "--zh", LONG.zh, "--en", "x", "--received", "2026-11-01", *BY),
        ("none", "{folder}", "--donor", "x", "--kind", "y", "--quantity", "0", "--unit", "z", "--zh", "x", "--en", "x",
         "--received", "someday", *BY),
    ],
    "zone report": [("none", "{folder}/report.zip", *BY)],
    "invoice list": [(), ("--json",), ("--since", "someday")],
    "invoice export": [("{folder}/invoices.csv", *BY), ("/nowhere/x.csv", "--until", "x", *BY)],
    "invoice ask": [
        ("ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "--title", LONG.zh, "--tax-number", "110105123456789", "--to", "a@example.org", *BY),
        ("ord_x", "--title", "=1", "--tax-number", "1", "--to", "x", *BY),
    ],
    "invoice mark": [("ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "--amount", "1.00", *BY), ("ord_x", "--amount", "much", *BY)],
    "payment refund-again": [("none", "--reason", "x", *BY)],
    "payment settle-by-hand": [("none", "--reason", "x", "--evidence", "x", *BY)],
    "price list": [()],
    "price history": [(), ("--limit", "1")],
    "price set": [
        ("CCER", "81.00", *BY), ("CCER", "much", *BY), ("CCER", "81", "--from", "2020-01-01", *BY),
        ("CCER", "81", "--from", "someday", *BY), ("GOLD", "1", *BY),
    ],
    "rate list": [(), ("--json",), ("--limit", "x")],
    "rate propose": [
        ("7.1234", "--source", LONG.zh, "--url", "https://rates.example.org/usd", *BY),
        ("much", "--source", "x", "--url", "https://x.example", *BY),
        ("7", "--source", "x", "--url", "http://x.example", "--day", "someday", *BY),
    ],
    "rate confirm": [("{proposal}", "{sha256}", *BY), (NOBODY, "aa", *BY), ("7", "aa", *BY)],
    "scene list": [(), ("--limit", "1"), ("--limit", "x")],
    "scene poster": [
        ("{scanned}", "--out", "{folder}/poster.pdf"), ("none",), ("{scanned}", "--kind", "flag"),
        ("{scanned}", "--kind", "tent", "--out", "/no/x.pdf"),
    ],
    "scene publish": [("--file", "{scene}", *BY), ("--file", "{junk}", *BY), (), ("--example",)],
    "scene qr": [
        ("{scanned}",), ("none",), ("{scanned}", "--output", "{folder}/code.gif"), ("{scanned}", "-o", "/no/x.svg"),
    ],
    "scene screen": [("{scanned}", "--label", "x", *BY), ("none", "--label", "x", *BY), ("{scanned}", *BY)],
    "seed": [],  # it writes what the tests' own data would collide with; see the demo
    "setup": [("--name-zh", "x", "--name-en", "x", "--register-number", "1")],
    "sign-in": [BY, ("--by", "none@example.org")],
    "sign-out": [()],
    "serve": [("--port", "0"), ("--port", "x")],
    "worker": [("--draw",)],
    "demo": [("--port", "0"), ("--walk",)],
}  # fmt: skip
"""By verb what is tried of it; `{…}` comes from the sample data."""
AS_OWNER = {"migrate", "setup"}


Wish = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """What the verbs are tried on."""

    environment: dict[str, str]
    owner_url: str
    known: dict[str, str]

    def wish(self, verb: str, arguments: tuple[str, ...], language: str, **more: str) -> Wish:
        own = (
            {"LC_ALL": LANGUAGES[language]}
            | ({"DATABASE_OWNER_URL": self.owner_url} if verb in AS_OWNER else {})
            | more
        )
        said = [argument.format(**self.known) for argument in arguments]
        return {"arguments": [*verb.split(), *said], "environment": self.environment | own}


def run(wishes: Sequence[Wish]) -> "list[subprocess.CompletedProcess[str]]":
    """What each of them printed; all in one process that has nothing of ours in its environment."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("DIANDIAN_", "DATABASE_", "LC_"))
    }
    many = subprocess.run(
        [sys.executable, "-m", "tests.cli.many"], input=json.dumps(wishes), env=plain | {"PYTHONPATH": str(PROJECT)},
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        subprocess.CompletedProcess(wish["arguments"], told["code"], told["out"], told["err"])
        for wish, told in zip(wishes, json.loads(many.stdout), strict=True)
    ]


@pytest.fixture
async def sample(desk: Desk, tmp_path: Path) -> Sample:
    river = desk.river
    house = await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange' LIMIT 1")
    await enrolled(OURS, PASSWORD, house, list(Role), keyring=KEYRING)
    await identity.enrol_organisation(LONG, kind=OrganisationKind.COMPANY, now=utc_now())
    await suspended(
        Suspension(
            programme=Programme.CCER, code="CCER-14-001-V01", suspended_from=beijing_day(utc_now()),
            note=Text(zh="暂停", en="suspended"), source="a sample notice",
        )
    )  # fmt: skip
    order = await river.order()
    (settled,) = await river.requested([12_000])
    async with transaction() as tx:
        await retirements.settle([settled], profiles=PROFILES, tx=tx)
        await certificates.issue(certificates.NEUTRALITY, [certificates.cause_of(settled)], issuer=ISSUER, tx=tx)
    (row,) = await fetch(
        "SELECT c.verify_code, r.number FROM certificate c JOIN retirement r ON r.id = c.retirement_id"
    )
    lot = await fetch_value("SELECT code FROM credit_lot ORDER BY id LIMIT 1")
    async with connected(river.stand.super_url) as superuser:
        await superuser.execute(
            "UPDATE outbox_message SET dead_at = clock_timestamp(), last_error = $1"
            " WHERE id IN (SELECT id FROM outbox_message WHERE done_at IS NULL ORDER BY id LIMIT 2)",
            "ValueError: " + "something long that the worker said before it gave up " * 4,
        )
    files = {
        "claim": CLAIM,
        "junk": "{",
        "order": json.dumps(desk.order),
        "scene": EXAMPLE.replace("org_… (diandian organisation list)", ids.public("org", house)),
        "statement": (
            f"交易日期,贷方金额,对方户名,附言,交易流水号\n{beijing_day(utc_now())},5.00,{LONG.zh},货款,A0001\n合计,5,,,\n"
        ),
        "not_a_statement": f"交易日期,贷方金额,附言\n{LONG.zh},much,x\n",
        "sheet": "批次编号,序列号,吨数,不认识的列\nX-1,CDCER-2031-0001-1-10,9,\n,,,\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "sheet").rename(tmp_path / "sheet.csv")
    known = {name: str(tmp_path / name) for name in files} | {
        "sheet": str(tmp_path / "sheet.csv"), "folder": str(tmp_path), "lot": str(lot), "code": row["verify_code"],
        "retirement": row["number"], "ordered": ids.public("ord", order.id), "scanned": river.scene.code,
        "tomorrow": str(beijing_day(utc_now())), "buyer": "buyer@example.org", "proposal": NOBODY, "sha256": "0" * 64,
        "today": str(beijing_day(utc_now())), "difference": words.number_of(await found_difference()),
    }  # fmt: skip
    sample = Sample(
        desk.environment | CHEAPEST | BANK | {"DIANDIAN_OPERATOR_PASSWORD": PASSWORD}, river.stand.owner_url, known
    )
    (signed_in,) = run([sample.wish("sign-in", BY, "en")])
    token = signed_in.stdout.rpartition("=")[2].strip()
    return replace(sample, environment=sample.environment | {"DIANDIAN_OPERATOR_TOKEN": token})


def test_every_verb_is_tried() -> None:
    assert {name for name, _ in leaves(main)} == set(TRIED)


async def test_no_line_is_wider_than_a_terminal_and_every_refusal_is_in_the_readers_language(sample: Sample) -> None:
    asked = [
        (language, sample.wish(verb, arguments, language))
        for language in LANGUAGES
        for verb, tries in TRIED.items()
        for arguments in (tries if language == "zh" else tries[:1])  # English is what the code itself says
    ]
    told = run([wish for _, wish in asked])
    complaints = [
        f"{done.args}: {one}"
        for (language, _), done in zip(asked, told, strict=True)
        for one in complain(done, language)
    ]
    assert not complaints, "\n".join(complaints)


TROUBLES = (
    {"DATABASE_URL": "", "DIANDIAN_MASTER_KEYS": ""},
    {"DATABASE_URL": "postgresql://ddt_app@127.0.0.1:1/diandian"},
    {"DATABASE_URL": "postgresql://ddt_app@/diandian?host=/nowhere"},
    {"DATABASE_URL": "mysql://nobody", "DIANDIAN_POOL_SIZE": "many"},
)


def test_without_a_database_or_settings_every_verb_says_so_in_a_line() -> None:
    nobody = Sample({"DIANDIAN_OPERATOR_PASSWORD": PASSWORD}, "postgresql://ddt_owner@127.0.0.1:1/diandian", {})
    verbs = ("prove", "scene list", "cancellations list", "price list", "outbox dead", "migrate", "doctor")
    asked = [
        (language, nobody.wish(verb, (), language, **trouble))
        for language in LANGUAGES for trouble in TROUBLES for verb in verbs
    ]  # fmt: skip
    for (language, wish), done in zip(asked, run([wish for _, wish in asked]), strict=True):
        assert not [*complain(done, language)], done
        is_look = done.args == ["doctor"] and not wish["environment"]["DATABASE_URL"]
        assert done.returncode in {1, 2} or is_look, done


def test_a_reader_who_goes_before_the_end_leaves_no_trace() -> None:
    command = f"{sys.executable} -m app.cli claims annex --json | head -1; echo ${{PIPESTATUS[0]}}"
    for shown in (command, command.replace(" --json", "")):
        done = subprocess.run(["bash", "-c", shown], cwd=PROJECT, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert done.stdout.splitlines()[-1] in {"141", "0"}, done.stdout
    closed = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m app.cli claims annex >&-"], cwd=PROJECT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "Traceback" not in closed.stderr and "Exception" not in closed.stderr, closed.stderr


def test_a_terminal_of_another_encoding_shows_what_it_can() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "claims", "annex"], cwd=PROJECT, capture_output=True, check=False,
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "zh_CN", "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"iso" in done.stdout or b"local" in done.stdout


def complain(done: "subprocess.CompletedProcess[str]", language: str) -> Iterator[str]:
    """What is not as it must be with what a verb printed."""
    if done.returncode not in {0, 1, 2}:
        yield f"exit {done.returncode}"
    for stream, text in (("out", done.stdout), ("err", done.stderr)):
        if "Traceback" in text or "unexpected (" in text or "出了意外" in text:
            yield f"a trace: {text[-800:]}"
        is_json = text.startswith(("{", "["))
        for line in text.splitlines():
            if columns(line) > WIDTH and not is_json and not is_one_word(line) and not is_code(line):
                yield f"{stream}, {columns(line)} columns: {line}"
    for refusal in re.findall(r"^✘ .*(?:\n  .*)*", done.stderr, re.MULTILINE):
        if is_chinese(refusal) != (language == "zh"):
            yield f"in another language: {refusal}"


def is_one_word(line: str) -> bool:
    """An address, a digest or a token, which somebody copies: never broken."""
    return len(line.split()) == 1


def is_code(line: str) -> bool:
    """Lines for a shell to read, and a QR code's."""
    return line.startswith(("export ", "unset "))


def is_chinese(text: str) -> bool:
    return any("CJK" in unicodedata.name(letter, "") for letter in text)
