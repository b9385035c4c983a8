"""Content checks over the whole product: WeChat fetches a picture, tells by a push, and nothing else is believed (S8, S10)."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from app.foundation.avatars import bounded
from app.kernel.errors import RuleBroken
from tests.rules.hostile_pictures import hostile_pictures
from tests.stack import Stack, eventually

WHERE = "/notify/wechat/messages"


def picture(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "JPEG")
    return out.getvalue()


async def test_wechat_decides_about_pictures_of_its_users_and_a_repeat_or_a_forgery_changes_nothing(
    undrawn: Stack,
) -> None:
    await undrawn.control("wx/push_url", url=undrawn.base + WHERE)
    told: dict[str, Any] = {}
    async with undrawn.phone() as phone:
        for wanted, colour in (("passed", (30, 150, 90)), ("refused", (250, 5, 5)), ("people", (5, 5, 250))):
            code = (await undrawn.control("wx/code"))["code"]
            token = (await phone.client.post("/api/v1/sessions/wechat", json={"code": code})).json()["token"]
            mine = {"authorization": f"Bearer {token}"}
            sent = await phone.client.post(
                "/api/v1/me/avatar", headers=mine, files={"picture": ("x.jpg", picture(colour), "image/jpeg")}
            )
            assert sent.json()["state"] == "waiting", sent.text

            async def decided(mine: dict[str, str] = mine, wanted: str = wanted) -> Any:
                view = (await phone.client.get("/api/v1/me/avatar", headers=mine)).json()
                rows = await undrawn.sql("SELECT count(*) FROM content_check WHERE waits_for = 'people'")
                return view if view["state"] == wanted or (wanted == "people" and rows[0][0] == 1) else None

            told[wanted] = await eventually(decided, 30, f"not {wanted}")
        shown = await phone.client.get(told["passed"]["url"])
        assert shown.headers["content-type"] == "image/webp"

    before = await undrawn.sql("SELECT id, state FROM content_check ORDER BY id")
    for row in await undrawn.sql("SELECT reference FROM content_check WHERE reference IS NOT NULL"):
        for suggest in ("pass", "risky"):
            answer = await undrawn.control("wx/push", trace_id=row["reference"], suggest=suggest)
            assert answer == {"answer": "success"}
    async with httpx.AsyncClient(base_url=undrawn.base, trust_env=False) as stranger:
        for query in ({}, {"encrypt_type": "aes", "timestamp": "1", "nonce": "1", "msg_signature": "0" * 40}):
            forged = await stranger.post(WHERE, params=query, json={"Encrypt": "AAAA"})
            assert (forged.status_code, forged.content) == (403, b"")
    after = await undrawn.sql("SELECT id, state FROM content_check ORDER BY id")
    # What waited for people takes a late word of WeChat's; what was decided keeps its decision.
    assert [row for row in before if row["state"] != "waiting"] == [
        row for row in after if row["id"] in {one["id"] for one in before if one["state"] != "waiting"}
    ]


async def test_each_hostile_picture_is_refused_or_drawn_by_a_process_that_ends() -> None:
    """Those of a known reason and every third of the others; all of them in tests/rules/test_avatar_decoding.py."""
    strange = {}
    for number, (name, data, reason) in enumerate(hostile_pictures()):
        if reason is None and number % 3:
            continue
        try:
            drawn = await bounded.redraw(data, account="x")
            assert drawn[:4] == b"RIFF"
            assert reason is None, name
        except RuleBroken as refusal:
            known = bounded._FACTS[reason] if reason else None
            if known not in {None, type(refusal)}:
                strange[name] = type(refusal).__name__
    assert not strange


@pytest.mark.parametrize("bound", ["memory", "time"])
async def test_a_process_beyond_its_bounds_ends_and_the_reader_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, bound: str
) -> None:
    """The bounds hold whatever a decoder does: here it takes all the memory, or never ends."""
    script = tmp_path / "drawer.py"
    source = bounded._DRAWER.read_text("utf-8")
    misbehaving = {"memory": "x = [bytearray(1 << 26) for _ in range(64)]", "time": "\n    while True:\n        pass"}[
        bound
    ]
    script.write_text(
        source.replace("data = sys.stdin.buffer.read(BYTES_MAX + 1)", f"{misbehaving}\n    data = b''"), "utf-8"
    )
    monkeypatch.setattr(bounded, "_DRAWER", script)

    with pytest.raises(RuleBroken):
        await bounded.redraw(picture((1, 2, 3)), account="x")
