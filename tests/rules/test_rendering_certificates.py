"""The certificate as a reader meets it: text, picture and code of the finished PDF and PNG."""

import copy
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from app.certificates.rendering import Press, Unprintable
from app.kernel.text import Language

AT = datetime(2026, 11, 22, 2, 32, 8, tzinfo=UTC)
URL = "https://dd.example.org/V/7K3M9QFX2R"
LINE = {
    "programme": "CCER",
    "programme_name": {"zh": "国家核证自愿减排量", "en": "China Certified Emission Reduction"},
    "project": {"zh": "示例林业碳汇项目", "en": "Sample forest carbon project"},
    "project_number": "CCER-01-0042",
    "methodology": "CCER-14-001-V01",
    "vintage": "2022",
    "place": {"zh": "示例市", "en": "Sample City"},
    "tonnes": "#113",
    "lot": "CCER-2022-0113",
    "serial": "CN-CCER-000042-2022-000000000113",
    "start_g": 417_000,
    "stop_g": 429_400,
    "mass_g": 12_400,
    "upstream": "pending",
}
RECORD = {
    "version": 1,
    "number": "DD-20261122-SC-7K3M9QFX2",
    "verify_code": "7K3M9QFX2R",
    "verify_url": URL,
    "kind": "honorary",
    "level": "honorary",
    "title": {"zh": "碳中和电子荣誉证书", "en": "Certificate of Carbon Neutrality"},
    "subject": {"zh": "示例职工欢乐跑", "en": "Sample Workers’ Fun Run"},
    "organiser": {"zh": "示例区总工会", "en": "Sample District Union"},
    "scenario_code": "H7QP3K",
    "purpose": "event",
    "period": {"from": "2026-11-22", "to": "2026-11-22"},
    "emission_g": 12_400,
    "mass_g": 12_400,
    "basis": {
        "zh": "地铁 46 km + 混合餐 1 份",
        "en": "Metro 46 km + 1 mixed meal",
        "calculator": "personal@1",
        "factor_set": "2025.1",
    },
    "lines": [LINE],
    "retirement_number": "R-20261122-7K3M9Q",
    "retired_at": "2026-11-22T10:32:07+08:00",
    "issued_at": "2026-11-22T10:32:08+08:00",
    "payer": {"zh": "本人支付", "en": "Paid by the holder"},
    "issuer": {"zh": "示例环境交易所", "en": "Sample Environment Exchange"},
    "sandbox": True,
}
SERIAL_OF_A_STANDARD = "12345-123456789-123456790-VCS-VCU-997-VER-CN-14-1234-01012022-31122022-0"
LONG_NAME = "四川省示例能源投资集团有限责任公司及其全部下属子公司与分公司以及所有参会嘉宾志愿者工作人员"


@lru_cache
def press() -> Press:
    return Press()


def record(**changes):
    return copy.deepcopy(RECORD) | changes


def drawn(record_=RECORD, *, name="林小川", language=Language.ZH, kind="pdf") -> bytes:
    """The finished file; drawn once for all tests that only look at it."""
    return _drawn_once(json.dumps(record_), name, language, kind)


@lru_cache
def _drawn_once(record_: str, name: str, language: Language, kind: str) -> bytes:
    return press().render(json.loads(record_), name=name, language=language, kind=kind, at=AT)


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        return document[0].get_textpage().get_text_range().replace("\r\n", "\n")
    finally:
        document.close()


def picture(paper: bytes, *, width: int = 1080) -> Image.Image:
    if paper.startswith(b"\x89PNG"):
        return Image.open(io.BytesIO(paper)).convert("RGB")
    document = pypdfium2.PdfDocument(paper)
    try:
        return document[0].render(scale=width / document[0].get_width()).to_pil().convert("RGB")
    finally:
        document.close()


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_the_same_record_gives_the_same_bytes_again_and_in_another_thread(kind):
    with ThreadPoolExecutor(2) as threads:
        again = threads.map(
            lambda _: press().render(RECORD, name="林小川", language=Language.ZH, kind=kind, at=AT), range(3)
        )
        papers = {*again, drawn(kind=kind)}
    assert len(papers) == 1


@pytest.mark.parametrize("kind", ["pdf", "png"])
@pytest.mark.parametrize("percent", [50, 100, 200])
def test_the_code_reads_at_half_and_double_size(kind, percent):
    page = picture(drawn(kind=kind))
    size = (page.width * percent // 100, page.height * percent // 100)
    (code,) = zxingcpp.read_barcodes(page.resize(size, Image.Resampling.BILINEAR))
    assert code.text == URL.upper()


def test_the_picture_is_1080_wide_in_the_shape_of_a4_and_light_enough_to_share():
    paper = drawn(kind="png")
    assert picture(paper).size == (1080, 1527)
    assert len(paper) < 220_000


def test_the_pdf_is_archival_and_says_what_it_is():
    paper = drawn()
    document = pypdfium2.PdfDocument(paper)
    facts = document.get_metadata_dict()
    document.close()
    assert b"<pdfaid:part>2</pdfaid:part>" in paper
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in paper
    assert facts["Title"] == "碳中和电子荣誉证书 DD-20261122-SC-7K3M9QFX2"
    assert facts["CreationDate"].startswith("D:20261122023208")


@pytest.mark.parametrize("language", list(Language))
def test_every_fact_of_the_record_stands_in_the_text(language):
    text = words(drawn(language=language))
    facts = [
        RECORD["number"], RECORD["retirement_number"], "7K3M-9QFX-2R", "dd.example.org", "2026-11-22 10:32:07",
        "417,000–429,400", "12,400 g", "personal@1", "2025.1", LINE["serial"], LINE["lot"], LINE["methodology"],
        LINE["project_number"], "12.4 kg CO2e", "林小川", LINE["project"][language], "#113", LINE["place"][language],
        RECORD["issuer"][language],
        RECORD["subject"][language], RECORD["basis"][language], RECORD["payer"][language],
    ]  # fmt: skip
    joined = text.replace("\n", "")
    assert [fact for fact in facts if fact.replace(" ", "") not in joined.replace(" ", "")] == []


def test_nothing_is_called_certified_that_is_only_declared():
    for level in ("honorary", "offset", "part", "neutral"):
        assert "认证" not in words(drawn(record(kind="statement", level=level)))
        text = words(drawn(record(kind="statement", level=level), language=Language.EN))
        assert "certified" not in text.replace("China Certified Emission Reduction", "").lower()


def test_a_person_speaks_of_taking_part_and_an_organisation_of_its_subject():
    person, body = (words(drawn(record(kind=kind, level="part"))) for kind in ("honorary", "statement"))
    assert "抵消了本次参与产生的部分温室气体排放" in person
    assert "抵消了示例职工欢乐跑的部分温室气体排放" in body


PARTIES = {
    "named": [
        {"roles": ["payer", "holder"], "name": {"zh": "示例碳汇公司", "en": "Sample Carbon Company"}},
        {"roles": ["beneficiary"], "name": {"zh": "示例总行", "en": "Sample Bank"}},
    ],
    "persons": [],
    "mandate": {"ground": "受托代购协议 2023-07", "document": "协议.pdf", "sha256": "9f" * 32},
}


def test_parties_that_differ_are_printed_with_the_ground_and_others_are_not():
    basis = RECORD["basis"] | {"calculator": "", "factor_set": ""}
    verdict = {"profile": "local", "version": "1", "judged_on": "2026-11-22", "standing": "stands", "pending": True}
    joint = record(
        kind="statement", level="offset", subject_detail="2022 年度", parties=PARTIES, basis=basis, verdict=verdict
    )
    text = words(drawn(joint, name="示例总行")).replace("\n", "")
    for told in (
        "付款方、持有方：示例碳汇公司",
        "受益方：示例总行",
        "受托代购协议 2023-07",
        "9f9f9f9f…",
        "（2022 年度）",
    ):
        assert told in text
    assert "计算器" not in text
    same = {"named": [], "persons": [["payer", "holder", "beneficiary"]], "mandate": None}
    assert words(drawn(record(parties=same))) == words(drawn())


@pytest.mark.parametrize(
    ("states", "zh", "en"),
    [
        (["pending"], "登记机构尚待按整吨注销", "not yet cancelled at the registry"),
        (["cancelled", "pending"], "登记机构已注销其中一部分", "cancelled in part at the registry"),
        (["cancelled"], "登记机构已全部注销", "cancelled in full at the registry"),
    ],
)
def test_what_the_registry_did_is_told_as_of_the_day_of_issue_and_where_it_is_told_today(states, zh, en):
    told = record(lines=[LINE | {"upstream": state} for state in states])
    for language, head in (
        (Language.ZH, f"截至签发日（2026 年 11 月 22 日），{zh}"),
        (Language.EN, f"As of issue, 22 November 2026: {en}"),
    ):
        text = words(drawn(told, language=language))
        assert head in text
        assert text.count("dd.example.org/v/7K3M9QFX2R") == 1


@pytest.mark.parametrize("language", list(Language))
def test_a_certificate_of_the_sandbox_says_so_and_another_does_not(language):
    assert words(drawn(language=language)).count("SANDBOX 样张") >= 1
    real = words(drawn(record(sandbox=False), language=language))
    for mark in ("SANDBOX", "样张", "示例印章", "SAMPLE"):
        assert mark not in real.replace("S A N D B O X", "SANDBOX")


def test_the_mark_of_the_sandbox_is_in_the_picture_but_not_on_code_name_or_number():
    marked, plain = (picture(drawn(record(sandbox=flag), kind="png")) for flag in (True, False))
    red = [(x, y) for x, y in ((540, 42), *((x, y) for x in range(150, 930, 2) for y in range(800, 1180, 2)))
           if marked.getpixel((x, y)) != plain.getpixel((x, y)) and marked.getpixel((x, y))[0] > 230]  # fmt: skip
    assert len(red) > 5_000
    # Boxes in px of 1080: the code's card, the name, the figure, the certificate's number.
    for box in ((82, 1232, 306, 1456), (110, 440, 970, 530), (300, 690, 780, 830), (600, 90, 980, 125)):
        assert near(marked.crop(box), plain.crop(box))


def near(one: Image.Image, other: Image.Image) -> bool:
    """Equal but for the palette, which differs by a few steps between two pictures."""
    far = ImageChops.difference(one, other).convert("L").point(lambda step: 255 * (step > 30)).histogram()[255]
    return far < one.width * one.height / 500


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王𠮷", "王𠮷"), ("小明👟", "小明👟"), ("*x* #sys $1$ `a` \\ [b] @c <d>", "*x* #sys $1$ `a` \\ [b] @c <d>"),
     ("a\u202egnp\u2066.exe", "agnp.exe"),
     ("Zoë O’Neil", "Zoë O’Neil"), ("Дмитрий Ωmega ひろし 김", "Дмитрий Ωmega ひろし 김")],
)  # fmt: skip
@pytest.mark.parametrize("language", list(Language))
def test_a_name_is_printed_as_it_is_and_never_run(name, shown, language):
    assert shown in words(drawn(name=name, language=language))


@pytest.mark.parametrize("name", ["A" * 300, "林" * 300, LONG_NAME, "Very Long " * 20, "👟" * 80, "", "\u202e"])
def test_no_name_leaves_the_page_or_touches_the_sentence(name):
    assert_apart(text_boxes(drawn(name=name)))


def six_lots():
    lines = [LINE | {"start_g": n, "serial": SERIAL_OF_A_STANDARD if n % 2 else LINE["serial"]} for n in range(6)]
    subject = {
        "zh": "第十二届示例国际运动会暨绿色低碳产业博览会开幕式及系列活动",
        "en": "the Twelfth Sample Games and Green Industry Fair, opening and side events",
    }
    return record(
        kind="statement", lines=lines, level="neutral", subject=subject, mass_g=123_456_780_000, emission_g=123_456_780_000,
        period={"from": "2026-01-01", "to": "2026-12-31"},
        verify_url="https://carbon-neutral.example-environment-exchange.org.cn/V/7K3M9QFX2R",
    )  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
def test_a_mix_of_six_lots_fits_above_the_code(language):
    paper = drawn(six_lots(), name=LONG_NAME, language=language)
    assert_apart(text_boxes(paper))
    assert_table_ends_above_the_code(paper)
    assert zxingcpp.read_barcode(picture(paper)).text == six_lots()["verify_url"].upper()


@pytest.mark.parametrize("language", list(Language))
def test_what_is_set_without_measuring_fits_all_the_same(language):
    wordy = longer = copy.deepcopy(RECORD)
    while json.loads(press()._inputs(longer, "林小川", language)["data"])["airy"]:
        wordy, longer = longer, copy.deepcopy(longer)
        longer["lines"][0]["project"][language] += "林" if language is Language.ZH else " fir"
        longer["basis"][language] += " + 1"
    assert wordy != RECORD
    paper = drawn(wordy, language=language)
    assert_apart(text_boxes(paper))
    assert_table_ends_above_the_code(paper)


def test_of_more_lots_the_rest_is_counted():
    lines = [LINE | {"start_g": n} for n in range(9)]
    assert "另有 4 个批次，共 49,600 g" in words(drawn(record(lines=lines)))


def assert_table_ends_above_the_code(paper: bytes) -> None:
    document = pypdfium2.PdfDocument(paper)
    page = document[0].get_textpage()
    spot, _ = page.search("R-20261122-7K3M9Q").get_next()
    foot = document[0].get_height() - page.get_charbox(spot)[1]
    document.close()
    assert foot < 854 / 750 * 595.28


def text_boxes(paper: bytes) -> list[tuple[float, float, float, float]]:
    """The boxes of the body's lines of text (left, bottom, right, top); stamp, foot and seal left out."""
    document = pypdfium2.PdfDocument(paper)
    page = document[0].get_textpage()
    unit = document[0].get_width() / 750
    boxes = []
    for index in range(page.count_rects()):
        left, bottom, right, top = page.get_rect(index)
        # Lines between the head and the foot; what stands aslant (the stamp) has a far taller box.
        if bottom > (1060.7 - 853) * unit and top < (1060.7 - 100) * unit and top - bottom < 95 * unit:
            boxes.append((left, bottom, right, top))
    document.close()
    return boxes


def assert_apart(boxes: list[tuple[float, float, float, float]]) -> None:
    """No line's core (its middle two fifths) lies in another's, and all lie within the frame."""
    assert len(boxes) > 10
    cores = [(x0, y0 + (y1 - y0) * 0.3, x1, y1 - (y1 - y0) * 0.3) for x0, y0, x1, y1 in boxes]
    for at, one in enumerate(cores):
        assert 33 / 750 * 595 < one[0] < one[2] < 717 / 750 * 595 or one[0] == one[2]
        for other in cores[at + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_a_seal_is_shown_on_real_certificates_only():
    red = io.BytesIO()
    Image.new("RGB", (60, 60), "#00FF00").save(red, "PNG")
    sealed = Press(seal=red.getvalue())
    real, sample = (
        picture(sealed.render(record(sandbox=flag), name="x", language=Language.ZH, kind="png", at=AT))
        for flag in (False, True)
    )
    assert real.getpixel((900, 1290))[1] > 200 > real.getpixel((900, 1290))[0]
    assert not any(g > 230 and r < 60 for _, (r, g, _) in sample.getcolors(1 << 20))


def test_a_folder_with_the_same_fonts_again_prints_without_a_warning():
    twice = Press(font_folders=[Path(str(resources.files("noto_cjk_sans_otc")))])
    assert twice.render(RECORD, name="林小川", language=Language.ZH, kind="pdf", at=AT).startswith(b"%PDF")


@pytest.mark.skipif(not Path("/usr/share/fonts/opentype/noto").is_dir(), reason="no fonts-noto-cjk on this machine")
def test_serif_and_bold_faces_are_used_where_a_folder_brings_them():
    rich = Press(font_folders=[Path("/usr/share/fonts/opentype/noto")])
    paper = rich.render(RECORD, name="Zoë O’Neil", language=Language.EN, kind="pdf", at=AT)
    assert b"NotoSerifCJK" in paper
    assert "Zoë O’Neil" in words(paper)


def test_a_missing_font_is_a_fault_and_not_a_page_of_boxes():
    broken = Press()
    broken._faces = broken._faces | {"sans": ["No Such Face"]}
    with pytest.raises(Unprintable):
        broken.render(RECORD, name="x", language=Language.ZH, kind="pdf", at=AT)
