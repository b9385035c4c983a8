"""SM2 three times: our gateway's, the sandbox's and OpenSSL's take each other's signatures, and nobody takes a broken one."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.ecny_cmb import signing, sm2
from app.sandbox.ecny_cmb import keys as far_keys
from app.sandbox.ecny_cmb import signing as far_signing
from app.sandbox.ecny_cmb import sm2 as far

NUMBER = 0x1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF
KEY = sm2.PrivateKey(NUMBER)
POINT = far.public_of(NUMBER)
MESSAGE = "低碳大运 a=1&b=".encode()
R, S = sm2.sign(KEY, MESSAGE)

USER = sm2.USER_ID.decode()
OPENSSL = shutil.which("openssl")


def test_both_find_the_same_point_for_a_number() -> None:
    assert (KEY.public.x, KEY.public.y, 1) == POINT


@given(number=st.integers(1, sm2.N - 2), message=st.binary(max_size=200))
@settings(max_examples=12, deadline=None)
def test_each_takes_what_the_other_signed(number: int, message: bytes) -> None:
    key, point = sm2.PrivateKey(number), far.public_of(number)
    assert far.holds(point, message, sm2.sign(key, message))
    assert sm2.verifies(key.public, message, far.sign(number, message))


@given(numbers=st.lists(st.integers(0, sm2.N), min_size=2, max_size=2), message=st.binary(max_size=20))
@settings(max_examples=12, deadline=None)
def test_no_invented_signature_holds(numbers: list[int], message: bytes) -> None:
    signature = (numbers[0], numbers[1])
    assert not sm2.verifies(KEY.public, message, signature)
    assert not far.holds(POINT, message, signature)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param((0, S), id="r-zero"),
        pytest.param((R, 0), id="s-zero"),
        pytest.param((sm2.N, S), id="r-is-n"),
        pytest.param((R, sm2.N), id="s-is-n"),
        pytest.param((R + sm2.N, S), id="r-beyond-n"),
        pytest.param((R, S + sm2.N), id="s-beyond-n"),
        pytest.param((-R, S), id="r-below-zero"),
        pytest.param((sm2.N - S, S), id="r-and-s-make-n"),
        pytest.param((S, R), id="swapped"),
        pytest.param((R ^ 1, S), id="one-bit-of-r"),
        pytest.param((R, sm2.N - S), id="negated"),
    ],
)
def test_a_signature_out_of_range_or_bent_holds_at_neither(signature: tuple[int, int]) -> None:
    assert not sm2.verifies(KEY.public, MESSAGE, signature)
    assert not far.holds(POINT, MESSAGE, signature)


def test_another_signers_identity_is_another_signature() -> None:
    assert not sm2.verifies(KEY.public, MESSAGE, far.sign(NUMBER, MESSAGE, "8765432187654321"))
    assert sm2.verifies(
        KEY.public, MESSAGE, far.sign(NUMBER, MESSAGE, "ALICE123@YAHOO.COM"), user_id=b"ALICE123@YAHOO.COM"
    )


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param(KEY.public.x, KEY.public.y ^ 1, id="off-the-curve"),
        pytest.param(0, 0, id="zero"),
        pytest.param(KEY.public.x + sm2.P, KEY.public.y, id="x-beyond-p"),
        pytest.param(KEY.public.x, KEY.public.y - sm2.P, id="y-below-zero"),
        # On y² = x³ - 3x + b' with another b': the attack by an invalid curve.
        pytest.param(2, 3, id="of-another-curve"),
    ],
)
def test_a_point_off_the_curve_is_no_key(x: int, y: int) -> None:
    with pytest.raises(ValueError, match="curve"):
        sm2.PublicKey(x, y)
    assert not far.holds((x, y, 1), MESSAGE, (R, S))


@pytest.mark.parametrize("number", [0, -1, sm2.N - 1, sm2.N])
def test_a_number_out_of_range_is_no_private_key(number: int) -> None:
    with pytest.raises(ValueError, match="n - 2"):
        sm2.PrivateKey(number)


def test_the_drawn_number_makes_the_signature() -> None:
    e, x = sm2.digest(KEY.public, MESSAGE), far.public_of(7)[0]
    assert sm2.sign(KEY, MESSAGE, draw=lambda: 7)[0] == (e + x) % sm2.N


def test_two_signatures_of_one_message_differ() -> None:
    assert len({sm2.sign(KEY, MESSAGE) for _ in range(3)}) == 3


def test_a_key_shows_its_number_to_nobody() -> None:
    assert str(NUMBER) not in repr(KEY)
    assert f"{NUMBER:x}" not in repr(KEY)


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda text: text[:-4], id="cut"),
        pytest.param(lambda text: text + "AAAA", id="longer"),
        pytest.param(lambda text: text.replace("M", "N", 1), id="another-tag"),
        pytest.param(lambda text: " " + text, id="blank"),
        pytest.param(lambda text: text + "\n", id="line"),
        pytest.param(lambda _: "签名", id="no-base64"),
    ],
)
def test_what_is_no_canonical_der_in_base64_holds_nowhere(bend) -> None:
    text = signing.sign(KEY, "text")
    assert signing.verifies(KEY.public, "text", text)
    assert far_signing.holds(POINT, "text", text)
    assert not signing.verifies(KEY.public, "text", bend(text))
    assert not far_signing.holds(POINT, "text", bend(text))


def test_both_write_the_raw_form_of_bills_alike() -> None:
    assert far_signing.holds_raw(POINT, "text", signing.sign_raw(KEY, "text"))
    assert not far_signing.holds_raw(POINT, "texT", signing.sign_raw(KEY, "text"))


@pytest.fixture(scope="module")
def openssl_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key that OpenSSL made: `key.pem`, `public.pem`."""
    folder = tmp_path_factory.mktemp("openssl")
    if OPENSSL is None or not run(folder, "genpkey", "-algorithm", "SM2", "-out", "key.pem"):
        pytest.skip("no OpenSSL with SM2 here: its reading of SM2, the third, is not asked")
    assert run(folder, "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    assert run(folder, "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "public.der")
    assert run(folder, "pkey", "-in", "key.pem", "-text", "-noout", "-out", "text")
    return folder


def run(folder: Path, *arguments: str) -> bool:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *arguments], cwd=folder, capture_output=True, check=False).returncode == 0


def sm2_of(folder: Path, verb: str, *arguments: str) -> bool:
    how = ("-rawin", "-in", "message", "-digest", "sm3", "-pkeyopt", f"distid:{USER}")
    return run(folder, "pkeyutl", verb, *how, *arguments)


def private_of(folder: Path) -> str:
    lines = (folder / "text").read_text().split("priv:")[1].split("pub:")[0]
    return "".join(lines.split()).replace(":", "").rjust(64, "0")[-64:]


def test_openssl_writes_the_public_key_as_the_bank_does(openssl_key: Path) -> None:
    private = private_of(openssl_key)
    written = far_keys.written(private)
    assert signing.public_key(written) == signing.private_key(private).public
    assert (openssl_key / "public.der").read_bytes().hex().endswith(f"{signing.public_key(written).y:064x}")


def test_we_take_what_openssl_signed(openssl_key: Path) -> None:
    (openssl_key / "message").write_bytes(MESSAGE)
    assert sm2_of(openssl_key, "-sign", "-inkey", "key.pem", "-out", "signature")
    raw, private = (openssl_key / "signature").read_bytes(), private_of(openssl_key)
    numbers = far.from_der(raw)
    assert numbers is not None
    assert sm2.verifies(signing.private_key(private).public, MESSAGE, numbers)
    assert far.holds(far.public_of(int(private, 16)), MESSAGE, numbers)


@pytest.mark.parametrize("whose", ["ours", "the sandbox's"])
def test_openssl_takes_what_we_sign_and_nothing_else(openssl_key: Path, whose: str) -> None:
    private = private_of(openssl_key)
    ours = sm2.sign(signing.private_key(private), MESSAGE)
    numbers = ours if whose == "ours" else far.sign(int(private, 16), MESSAGE)
    (openssl_key / "signature").write_bytes(far.to_der(numbers))
    for message, is_taken in ((MESSAGE, True), (MESSAGE + b" ", False)):
        (openssl_key / "message").write_bytes(message)
        taken = sm2_of(openssl_key, "-verify", "-pubin", "-inkey", "public.pem", "-sigfile", "signature")
        assert taken is is_taken
