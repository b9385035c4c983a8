"""e-CNY's row of the table: what it must be told, what production refuses, and what of ours is written into its fields."""

import pytest

from app.gateways.channels.base import Opening
from app.gateways.channels.ecny_cmb import KIND
from app.gateways.channels.ecny_cmb.writing import plain
from app.gateways.channels.kinds import Surroundings
from tests.wire.ecny_asking import values

AROUND = Surroundings(notify_url="https://example.org/n", mini_program_appid="wx", account_appid=None)


def test_a_rehearsal_sets_every_setting_that_is_required_and_says_so(sandbox):
    told = values(sandbox)
    assert {knob.name for knob in KIND.knobs if knob.is_required} <= told.keys()
    assert told.keys() <= {knob.name for knob in KIND.knobs}
    for knob in KIND.knobs:
        if knob.sandbox_start:
            assert told[knob.name].startswith(knob.sandbox_start)


@pytest.mark.parametrize("knob", [knob.name for knob in KIND.knobs if knob.is_required])
def test_a_setting_that_is_required_and_missing_is_said_at_once(sandbox, knob):
    with pytest.raises(ValueError, match=r"."):
        KIND.build(values(sandbox) | {"public_key_next": "", knob: ""}, AROUND)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"url": "https://api.cmburl.cn:8065"}, ["url"]),
        ({"bill_url": "https://api.cmburl.cn:8065/bill/check"}, ["bill_url"]),
        ({"url": "https://cmburl.cn.example.org", "public_key": "AAAA"}, []),
    ],
)
def test_production_knows_the_banks_test_system(changed, named):
    assert [name for name, _ in KIND.rehearsed(changed)] == named


def test_a_code_in_a_rehearsal_leads_to_the_cashier_and_an_app_nowhere_else():
    assert KIND.sandbox_page(Opening(code_url="http://127.0.0.1:1/cashier/abc-_1")) == "/cashier/abc-_1"
    assert KIND.sandbox_page(Opening(code_url="https://example.org/a?b=c")) is None
    assert KIND.sandbox_page(Opening(redirect_url="http://127.0.0.1:1/cashier/abc")) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("低碳大运 12.4 kg", "低碳大运 12.4 kg"),
        ("a/b=c&d<e>", "a b c d e "),
        ("😀𠮷é", "  é"),
        ("行\n列\0", "行 列 "),
    ],
)
def test_what_the_bank_refuses_in_a_name_becomes_a_blank(text, written):
    assert plain(text, limit=40) == written
    assert len(plain(text * 50, limit=40)) == 40
