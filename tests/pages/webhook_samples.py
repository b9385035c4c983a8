"""Where an organisation is told of what happens: nothing yet, a secret shown once, a log with failures, one switched off."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.foundation.webhooks import (
    Delivery,
    DeliveryState,
    Endpoint,
    EndpointKind,
    EndpointState,
    Fault,
    OffBecause,
    Try,
)
from app.kernel.text import Language
from app.views.page import Page
from app.web.organiser.pages_webhooks import EndpointRow, LogRow, OwnChoice, WebhooksPage

NOW = datetime(2026, 11, 29, 2, 33, tzinfo=UTC)
KINDS = ("gift.ended", "gift.pool_empty", "gift.pool_low")
NUMBER = "whe_01JD8Q9T5K3V2M7N4P6R8S0W1X"


def webhook_pages(language: Language) -> Mapping[str, Page]:
    zh = language is Language.ZH

    def say(chinese: str, english: str) -> str:
        return chinese if zh else english

    union = say("示例城市总工会", "Sample City Trade Union")
    one = Endpoint(
        id=UUID(int=1), organisation_id=UUID(int=2), kind=EndpointKind.STANDARD, label=say("值班系统", "Duty desk"),
        shown="https://hooks.union.example.org/diandian/gifts", language="zh", events=("gift.pool_empty", "gift.pool_low"),
        state=EndpointState.ACTIVE, off_because=None, failing_since=None, previous_until=NOW + timedelta(hours=20),
        made_at=NOW - timedelta(days=3), waiting=1, given_up=1,
    )  # fmt: skip
    group = replace(
        one, id=UUID(int=3), kind=EndpointKind.WECOM, label=say("活动保障群", "Event crew"), previous_until=None,
        shown="https://qyapi.weixin.qq.com/…5aaa", failing_since=NOW - timedelta(hours=2), waiting=0,
    )  # fmt: skip
    row = EndpointRow(
        key=NUMBER, url=f"/organiser/webhooks?open={NUMBER}", organisation=union, one=one, is_overlapping=True
    )  # fmt: skip
    other = EndpointRow(key="whe_2", url="/organiser/webhooks?open=whe_2", organisation=union, one=group)

    def tried(**changed: object) -> Try:
        plain = Try(began_at=NOW, duration_ms=84, status=204, fault=None, answer=None)
        return replace(plain, **changed)  # type: ignore[arg-type]

    def delivery(no: int, kind: str, state: DeliveryState, tries: int, latest: Try | None) -> LogRow:
        is_open = state in {DeliveryState.WAITING, DeliveryState.FAILED}
        found = Delivery(
            id=UUID(int=no), endpoint_id=one.id, event_id=UUID(int=no), kind=kind, state=state, failures=tries,
            next_at=NOW + timedelta(minutes=5) if is_open else None, at=NOW - timedelta(minutes=no), body="{}", tries=tries,
            latest=latest,
        )  # fmt: skip
        return LogRow(number=f"whd_{no}", event=f"evt_01JD8Q9T5K3V2M7N4P6R8S0W{no}", key=kind, one=found)

    answer = (
        '{"error":"upstream connect error or disconnect/reset before headers. reset reason: connection termination"}'
    )
    log = (
        delivery(1, "endpoint.test", DeliveryState.WAITING, 0, None),
        delivery(2, "gift.pool_empty", DeliveryState.FAILED, 3, tried(status=503, fault=Fault.STATUS, answer=answer)),
        delivery(
            3, "gift.pool_low", DeliveryState.GIVEN_UP, 8, tried(status=None, fault=Fault.TIMEOUT, duration_ms=10_004)
        ),
        delivery(4, "gift.ended", DeliveryState.DELIVERED, 2, tried()),
        delivery(5, "gift.pool_low", DeliveryState.FAILED, 1, tried(status=None, duration_ms=None, answer=None)),
    )
    page = WebhooksPage(
        here=f"/organiser/webhooks?open={NUMBER}", sandbox=True, csrf_token="token", roles=(), door="organiser",
        section="/organiser", action="/organiser/webhooks",
        organisations=(OwnChoice(key=f"org_{NUMBER[4:]}", name=union),), rows=(row, other),
        kinds=KINDS, typed={"label": one.label, **dict.fromkeys(one.events, "1")}, open=row, log=log, total=41,
    )  # fmt: skip
    none = replace(
        page, here="/organiser/webhooks", rows=(), open=None, log=(), total=0, typed=dict.fromkeys(KINDS, "1")
    )
    off = replace(one, state=EndpointState.OFF, off_because=OffBecause.FAILING, failing_since=NOW - timedelta(days=4))
    gone = replace(group, state=EndpointState.OFF, off_because=OffBecause.GONE)
    dead, lost = replace(row, one=off), replace(other, one=gone)
    return {
        "webhooks": page,
        "webhooks_none": none,
        "webhooks_secret": replace(page, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=", log=(), total=0),
        "webhooks_off": replace(page, rows=(dead, lost), open=dead),
        "webhooks_robot": replace(page, open=other, typed={"label": group.label, "language": "en"}),
        "webhooks_paused": replace(page, open=replace(row, one=replace(one, state=EndpointState.PAUSED))),
        "webhooks_fault": replace(
            none,
            rows=(row, other),
            organisations=(
                *none.organisations,
                OwnChoice(key="org_2", name=say("示例运动会组委会", "Sample Games Committee")),
            ),
            notice=say(
                "推送地址的设置无效：该域名指向内网或保留地址。",
                "The endpoint cannot be set up so: the name leads to an address that is not public.",
            ),
            fault_field="url",
            typed={"label": "x", "url": "https://intranet.example.org/", "kind": "standard"},
        ),
    }
