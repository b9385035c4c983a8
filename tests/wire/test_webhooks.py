"""Webhooks on the wire: published signatures, addresses that are refused, far sides that are slow, huge or lead elsewhere."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.gateways.webhooks import (
    AddressRefused,
    EndpointKind,
    Fault,
    Message,
    Refusal,
    WebhookSender,
    is_public,
    new_secret,
    sign,
)
from tests.far_side import Sandbox
from tests.loopback import Handler

PUBLISHED = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": b'{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The example of the specification's own libraries (standard-webhooks, `test_sign_function`)."""
NAME = "hooks.example.org"
STANDARD = EndpointKind.STANDARD


def message(*secrets: str, text: str = "你好") -> Message:
    return Message(id="evt_01", body=b'{"type":"endpoint.test"}', text=text, secrets=secrets or (new_secret(),))


def test_the_published_example_has_the_published_signature() -> None:
    one = PUBLISHED
    assert sign(one["secret"], one["id"], one["timestamp"], one["body"]) == one["signature"]
    by_hand = hmac.new(
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + one["body"],
        hashlib.sha256,
    ).digest()
    assert one["signature"] == "v1," + base64.b64encode(by_hand).decode()


def test_a_new_secret_has_32_random_bytes() -> None:
    found = {new_secret() for _ in range(50)}
    assert len(found) == 50
    assert all(len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) == 32 for one in found)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
        "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2002:7f00:1::", "2002:808:808::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "100::1", "4000::1", "5f00::1", "localhost", "",
    ],
)  # fmt: skip
def test_an_address_that_is_no_public_machine_is_none(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "101.226.4.6", "2606:4700:4700::1111", "2400:3200::1"])
def test_a_public_machine_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "file:///etc/passwd", "gopher://hooks.example.org/", "ftp://hooks.example.org/",
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0x7f.1/", "https://0x7f000001/",
        "https://2130706433/", "https://017700000001/", "https://127.1/", "https://1.2.3.4/", "https://hooks.example.0x7f/",
        "https://localhost/", "https://intranet/", "https://user@hooks.example.org/", "https://user:pw@hooks.example.org/",
        "https://hooks.example.org\\@127.0.0.1/", "https://hooks.example.org#@127.0.0.1/", "https://hooks.example.org/#part",
        "https://点点.example.org/", "https://１２７.0.0.1/", "https://ⓛocalhost.org/", "https://hooks。example.org/",
        "https://hooks.example.org /", "https://hooks.example.org/\r\nx: y", "https://hooks.example.org/a b", "https:///",
        "https://hooks.example.org./", "https://-a.example.org/", "//hooks.example.org/", "https:hooks.example.org", "",
        "https://hooks.example.org?x=1", "https://hooks.example.org/" + "a" * 500, "https://hooks.example.org:443:1/",
        "https://hooks%2eexample.org/", "HTTPS://hooks.example.org/\x00",
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        WebhookSender().check(STANDARD, url)
    assert refused.value.why is Refusal.FORM


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 5432, 8080, 65536, 0])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(AddressRefused) as refused:
        WebhookSender().check(STANDARD, f"https://hooks.example.org:{port}/")
    assert refused.value.why is Refusal.PORT


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/a?b=c", "https://xn--h5qy53b.example.cn:8443/", "https://a.bc"]
)
def test_an_ordinary_address_may_be_told(url: str) -> None:
    WebhookSender().check(STANDARD, url)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("wecom", "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=693a91f6-7xxx"),
        ("wecom", "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=693a91f6-7xxx"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx&debug=1"),
        ("wecom", "https://oapi.dingtalk.com/robot/send?access_token=0123456789"),
        ("dingtalk", "https://hooks.example.org/robot/send?access_token=0123456789"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/../../x"),
    ],
)
def test_a_robot_answers_at_its_own_host_only(kind: str, url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        WebhookSender().check(EndpointKind(kind), url)
    assert refused.value.why is Refusal.HOST


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7f4e-4bc4-97a0-0ec2sifa5aaa"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec9cbe4d8b8b6f1b1fde"),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/ba2f5d41-6cf9-4c6d-8a3d-1f9a2c1b4e11"),
    ],
)
def test_the_addresses_that_groups_show_may_be_told(kind: str, url: str) -> None:
    WebhookSender().check(EndpointKind(kind), url)


class Names:
    """A name server of the test's own: each answer once, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "cert.pem", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@asynccontextmanager
async def listening(authority: Path, handler: Handler) -> AsyncIterator[int]:
    """A TLS server of the name's on a loopback port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            busy.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in (left := list(busy)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def answering(raw: bytes, heads: list[str] | None = None) -> Handler:
    """Answers every request so, and keeps its head."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heads is not None:
            heads.append(head.decode())
        writer.write(raw)
        await writer.drain()

    return handler


def ok(body: bytes = b"thanks", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body


def sender(names: Names, authority: Path, port: int, *, deadline_s: float = 60.0) -> WebhookSender:
    """Ours, for which this loopback address is a public one."""
    return WebhookSender(
        resolve=names,
        is_allowed=lambda one: one == "127.0.0.1" or is_public(one),
        ports=frozenset({port}),
        trust=ssl.create_default_context(cafile=str(authority / "cert.pem")),
        deadline_s=deadline_s,
    )


async def test_it_connects_to_the_address_that_was_judged_and_speaks_to_the_name(authority: Path) -> None:
    heads: list[str] = []
    names = Names(["127.0.0.1"], ["10.0.0.1"])  # rebinding: whoever looked a second time would go elsewhere
    async with listening(authority, answering(ok(), heads)) as port:
        reply = await sender(names, authority, port).send(STANDARD, f"https://{NAME}:{port}/a?b=c", message())
    assert (reply.fault, reply.status, reply.answer) == (None, 200, "thanks")
    assert names.asked == [NAME]
    assert heads[0].startswith("POST /a?b=c HTTP/1.1\r\n")
    assert f"host: {NAME}:{port}\r\n" in heads[0].lower()
    assert "cookie" not in heads[0].lower()


async def test_a_name_that_leads_to_a_private_address_too_is_told_nothing(authority: Path) -> None:
    heads: list[str] = []
    async with listening(authority, answering(ok(), heads)) as port:
        ours = sender(Names(["127.0.0.1", "169.254.169.254"]), authority, port)
        reply = await ours.send(STANDARD, f"https://{NAME}:{port}/", message())
        assert (reply.fault, reply.status, reply.answer) == (Fault.ADDRESS, None, "private")
    assert heads == []


async def test_a_name_without_an_address_is_told_nothing(authority: Path) -> None:
    reply = await sender(Names([]), authority, 443).send(STANDARD, f"https://{NAME}/", message())
    assert (reply.fault, reply.answer) == (Fault.ADDRESS, "unknown")


async def test_a_certificate_of_another_name_is_no_connection(authority: Path) -> None:
    heads: list[str] = []
    async with listening(authority, answering(ok(), heads)) as port:
        reply = await sender(Names(["127.0.0.1"]), authority, port).send(
            STANDARD, f"https://other.example.org:{port}/", message()
        )
    assert reply.fault is Fault.CONNECT
    assert heads == []


async def test_a_certificate_that_nobody_vouches_for_is_no_connection(authority: Path) -> None:
    async with listening(authority, answering(ok())) as port:
        ours = WebhookSender(resolve=Names(["127.0.0.1"]), is_allowed=lambda _: True, ports=frozenset({port}))
        reply = await ours.send(STANDARD, f"https://{NAME}:{port}/", message())
    assert reply.fault is Fault.CONNECT


async def test_a_redirect_is_not_followed(authority: Path) -> None:
    heads: list[str] = []
    async with listening(authority, answering(b"", heads)) as port:
        there = ok(b"", "302 Found", f"location: https://{NAME}:{port}/elsewhere\r\n")
        async with listening(authority, answering(there)) as first:
            ours = sender(Names(["127.0.0.1"]), authority, first)
            reply = await ours.send(STANDARD, f"https://{NAME}:{first}/", message())
    assert (reply.fault, reply.status) == (Fault.REDIRECT, 302)
    assert heads == []


@pytest.mark.parametrize("piece", [b"H", b"HTTP/1.1 200 OK\r\nx-a: b\r\n"])
async def test_who_trickles_is_cut_at_the_deadline(authority: Path, piece: bytes) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(piece)
        while True:
            writer.write(b"x" if piece == b"H" else b"y: z\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(authority, trickle) as port:
        ours = sender(Names(["127.0.0.1"]), authority, port, deadline_s=0.6)
        reply = await ours.send(STANDARD, f"https://{NAME}:{port}/", message())
    assert reply.fault is Fault.TIMEOUT
    assert reply.duration_ms >= 500


async def test_a_slow_name_server_is_cut_too(authority: Path) -> None:
    async def slow(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return ["127.0.0.1"]

    ours = WebhookSender(resolve=slow, deadline_s=0.3)
    assert (await ours.send(STANDARD, f"https://{NAME}/", message())).fault is Fault.TIMEOUT


async def test_of_a_huge_answer_little_is_read_and_the_beginning_is_kept(authority: Path) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n")
        while sent < 50_000_000:
            writer.write(b"10000\r\n" + b"<b>" + b"x" * 65_533 + b"\r\n")
            await writer.drain()
            sent += 65_536

    async with listening(authority, flood) as port:
        reply = await sender(Names(["127.0.0.1"]), authority, port).send(STANDARD, f"https://{NAME}:{port}/", message())
    assert (reply.fault, reply.status, len(reply.answer)) == (Fault.STATUS, 500, 200)
    assert sent < 20_000_000  # what lay in buffers, not what was offered


async def test_an_answer_is_kept_without_controls_on_one_line(authority: Path) -> None:
    body = "a\x00b\x1b[31m\r\nc\u202edé\u200b\ud83d".encode("utf-8", "surrogatepass")
    async with listening(authority, answering(ok(body, "500 No"))) as port:
        reply = await sender(Names(["127.0.0.1"]), authority, port).send(STANDARD, f"https://{NAME}:{port}/", message())
    assert reply.answer == "ab[31m cdé\ufffd\ufffd\ufffd"


async def test_a_compressed_answer_is_not_unpacked(authority: Path) -> None:
    heads: list[str] = []
    async with listening(authority, answering(ok(b"\x1f\x8bxx", more="content-encoding: gzip\r\n"), heads)) as port:
        reply = await sender(Names(["127.0.0.1"]), authority, port).send(STANDARD, f"https://{NAME}:{port}/", message())
    assert reply.fault is None
    assert "accept-encoding: identity" in heads[0].lower()


async def test_with_two_secrets_both_signatures_are_sent_and_the_far_side_takes_either(sandbox: Sandbox) -> None:
    old, new = new_secret(), new_secret()
    ours = WebhookSender(rehearsal_url=sandbox.url)
    for known in (old, new):
        await sandbox.control("POST", "webhooks/inbox", {"name": "both", "secrets": [known]})
        assert (await ours.send(STANDARD, f"{sandbox.url}/webhooks/both", message(new, old))).fault is None
    await sandbox.control("POST", "webhooks/inbox", {"name": "both", "secrets": [new_secret()]})
    await ours.send(STANDARD, f"{sandbox.url}/webhooks/both", message(new, old))
    got = await sandbox.control("GET", "webhooks/got/both")
    assert [one["signature"] for one in got] == ["valid", "valid", "signature mismatch"]
    assert {one["event"] for one in got} == {"evt_01"}


@pytest.mark.parametrize(
    ("kind", "secret"),
    [("wecom", None), ("dingtalk", "SECabc"), ("dingtalk", None), ("feishu", "s3cret"), ("feishu", None)],
)
async def test_a_robot_gets_one_text_that_mentions_nobody(sandbox: Sandbox, kind: str, secret: str | None) -> None:
    await sandbox.control("POST", "webhooks/inbox", {"name": "group", "secrets": [secret] if secret else []})
    ours = WebhookSender(rehearsal_url=sandbox.url)
    told = Message(
        id="evt_1",
        body=b"{}",
        text='@all <at user_id="all">x</at> <@everyone>\n点点',
        secrets=(secret,) if secret else (),
    )
    reply = await ours.send(EndpointKind(kind), f"{sandbox.url}/webhooks/robots/{kind}/group?key=1", told)
    assert reply.fault is None, reply
    (got,) = await sandbox.control("GET", "webhooks/got/group")
    assert not {"@", "<", ">", "\n"} & set(got["body"])
    assert got["body"].endswith("点点")
    assert got["signature"] == ("valid" if secret else "unknown")


async def test_a_robot_that_says_no_with_status_200_is_a_no(sandbox: Sandbox) -> None:
    await sandbox.control("POST", "webhooks/inbox", {"name": "group", "behaviour": "refused"})
    ours = WebhookSender(rehearsal_url=sandbox.url)
    for kind in ("wecom", "dingtalk", "feishu"):
        reply = await ours.send(EndpointKind(kind), f"{sandbox.url}/webhooks/robots/{kind}/group?key=1", message("x"))
        assert (reply.fault, reply.status) == (Fault.REFUSED, 200)


def test_the_signatures_of_robots_are_those_of_their_documents() -> None:
    from app.gateways.webhooks import robots

    target, _ = robots.dressed(
        EndpointKind.DINGTALK, "/robot/send?access_token=a", "x", secret="this is secret", now_s=1.5
    )
    query = parse_qs(urlsplit(target).query)
    wanted = hmac.new(b"this is secret", b"1500\nthis is secret", hashlib.sha256).digest()
    assert (query["timestamp"], query["sign"]) == (["1500"], [base64.b64encode(wanted).decode()])
    _, body = robots.dressed(EndpointKind.FEISHU, "/x", "x", secret="demo", now_s=1599360473.0)
    assert (
        json.loads(body)["sign"]
        == base64.b64encode(hmac.new(b"1599360473\ndemo", b"", hashlib.sha256).digest()).decode()
    )


@pytest.mark.parametrize(
    "url",
    [
        "/_sandbox/reset",
        "/webhooks/../_sandbox/reset",
        "/v3/pay",
        "@169.254.169.254/webhooks/x",
        ".evil.org/webhooks/x",
    ],
)
async def test_in_a_rehearsal_the_sandbox_may_be_told_at_its_inboxes_and_nowhere_else(
    sandbox: Sandbox, url: str
) -> None:
    ours = WebhookSender(rehearsal_url=sandbox.url)
    with pytest.raises(AddressRefused):
        ours.check(STANDARD, sandbox.url + url)
    with pytest.raises(AddressRefused):
        WebhookSender().check(STANDARD, f"{sandbox.url}/webhooks/inbox")
