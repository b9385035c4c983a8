"""What is not on the list is never written."""

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from config import logging as house_logging

SECRETS = ("oOpenId", "张三", "Bearer abc", "-----BEGIN PRIVATE KEY-----")


@pytest.fixture
def lines():
    """What was written, as text; logging is as it was afterwards."""
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()

    def read() -> list[dict[str, object]]:
        house_logging.flush()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    house_logging.configure_logging(stream=stream)
    read.stream = stream
    yield read
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


def test_a_line_is_json_with_its_event_ids_and_time(lines):
    structlog.get_logger().info("payment.received", payment=UUID(int=1), channel="wechatpay", ms=1.5)

    (line,) = lines()
    assert line["event"] == "payment.received"
    assert line["payment"] == str(UUID(int=1))
    assert (line["level"], line["channel"], line["ms"]) == ("info", "wechatpay", 1.5)
    assert line["at"].endswith("Z")


def test_an_unlisted_field_is_dropped_and_its_name_told(lines):
    structlog.get_logger().info("person.seen", openid=SECRETS[0], nickname=SECRETS[1], person="p-1")

    (line,) = lines()
    assert line["person"] == "p-1"
    assert line["dropped"] == ["nickname", "openid"]
    assert not [secret for secret in SECRETS if secret in json.dumps(line, ensure_ascii=False)]


def test_the_quick_access_line_is_the_line_structlog_writes(lines):
    from app.web.kit import middleware

    house_logging.access_line("req_1", "GET", "/s/{code}", 200, 1.5)
    middleware.access_line("req_1", "GET", "/s/{code}", 200, 1.5)

    quick, plain = lines()
    assert {**quick, "at": ""} == {**plain, "at": ""}
    assert quick["event"] == "request.done"


def test_a_long_value_is_cut(lines):
    structlog.get_logger().info("x", reason="a" * 5000)

    assert len(lines()[0]["reason"]) == house_logging.VALUE_LENGTH_MAX


def fail(fault: Exception, cause: Exception | None = None):
    raise fault from cause


def test_an_exception_tells_its_places_and_never_its_words(lines):
    try:
        fail(ValueError(SECRETS[0]), KeyError(SECRETS[1]))
    except ValueError:
        structlog.get_logger().exception("job.failed", job="settle")

    (line,) = lines()
    assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
    assert "test_logging.py" in line["trace"][-1]
    assert SECRETS[0] not in json.dumps(line)


@pytest.mark.parametrize("name", ["httpx", "wechatpy", "urllib3", "arq"])
def test_talkative_libraries_are_silent_below_warning(lines, name):
    logging.getLogger(name).info("HTTP Request: GET https://x/?access_token=%s", SECRETS[0])
    logging.getLogger(f"{name}.deeper").debug("signing string with the key")

    assert lines() == []


def test_a_librarys_warning_loses_its_values(lines):
    logging.getLogger("wechatpy.client").warning("bad answer for %s", SECRETS[0])
    try:
        fail(RuntimeError(SECRETS[2]))
    except RuntimeError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")

    first, second = lines()
    assert (first["logger"], first["reason"]) == ("wechatpy.client", "bad answer for %s")
    assert second["error"] == "RuntimeError"
    assert not [secret for secret in SECRETS if secret in json.dumps([first, second])]


def test_the_request_id_of_this_task_is_on_every_line(lines):
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        structlog.get_logger().info("order.placed", order="o-1")

    assert lines()[0]["request_id"] == "req_1"


def test_a_warning_is_out_at_once_and_in_order(lines):
    structlog.get_logger().info("first")
    structlog.get_logger().warning("second")

    assert [json.loads(line)["event"] for line in lines.stream.getvalue().splitlines()] == ["first", "second"]


def test_no_line_is_lost_when_a_process_ends():
    script = (
        "import structlog; from config.logging import configure_logging; configure_logging();"
        "log = structlog.get_logger(); [log.info('x', count=n) for n in range(500)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[3], env=os.environ, capture_output=True, check=True
    )

    assert [json.loads(line)["count"] for line in done.stdout.splitlines()] == list(range(500))


def test_the_console_shows_the_same_fields_and_no_others():
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.BytesIO()
    try:
        house_logging.configure_logging(is_console=True, stream=stream)
        structlog.get_logger().info("order.placed", order="o-1", openid=SECRETS[0])
        house_logging.flush()
    finally:
        structlog.configure(**before)
        root.handlers, root.level = handlers, level

    text = stream.getvalue().decode()
    assert "order.placed" in text
    assert "o-1" in text
    assert SECRETS[0] not in text
