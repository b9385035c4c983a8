"""The envelope around a personal datum: what opens it, and what must not."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.identity import MasterKeyMissing, SealBroken
from app.foundation.identity.envelope import Keyring, blind_index, close, new_data_key, open_, unwrap, wrap

keys = st.binary(min_size=32, max_size=32)
texts = st.text(max_size=200)
uuids = st.uuids()

OLD, NEW, INDEX = b"o" * 32, b"n" * 32, b"i" * 32
BEFORE = Keyring("2026-10", {"2026-10": OLD}, INDEX)
BOTH = Keyring("2026-11", {"2026-10": OLD, "2026-11": NEW}, INDEX)
AFTER = Keyring("2026-11", {"2026-11": NEW}, INDEX)


@given(text=texts, key=keys, person=uuids)
def test_what_was_closed_opens_again(text: str, key: bytes, person: UUID):
    assert open_(close(text, key, person, purpose="a"), key, person, purpose="a") == text


@given(text=texts, key=keys, person=uuids)
def test_a_text_closed_twice_gives_different_bytes(text: str, key: bytes, person: UUID):
    assert close(text, key, person, purpose="a") != close(text, key, person, purpose="a")


@given(text=texts, key=keys, person=uuids, other=uuids)
def test_a_seal_does_not_open_for_another_person_even_under_the_same_key(
    text: str, key: bytes, person: UUID, other: UUID
):
    if person == other:
        return
    with pytest.raises(SealBroken):
        open_(close(text, key, person, purpose="a"), key, other, purpose="a")


@given(text=texts, key=keys, other=keys, person=uuids)
def test_a_seal_does_not_open_under_another_key(text: str, key: bytes, other: bytes, person: UUID):
    if key == other:
        return
    with pytest.raises(SealBroken):
        open_(close(text, key, person, purpose="a"), other, person, purpose="a")


@given(text=texts, key=keys, person=uuids, purposes=st.tuples(st.text(max_size=20), st.text(max_size=20)))
def test_a_seal_does_not_open_for_another_purpose(text: str, key: bytes, person: UUID, purposes: tuple[str, str]):
    if purposes[0] == purposes[1]:
        return
    with pytest.raises(SealBroken):
        open_(close(text, key, person, purpose=purposes[0]), key, person, purpose=purposes[1])


@given(text=texts, key=keys, person=uuids, data=st.data())
def test_a_seal_with_one_flipped_bit_is_refused(text: str, key: bytes, person: UUID, data: st.DataObject):
    sealed = close(text, key, person, purpose="a")
    with pytest.raises(SealBroken):
        open_(_flipped(sealed, data), key, person, purpose="a")


@given(junk=st.binary(max_size=80), key=keys, person=uuids)
def test_bytes_that_were_never_a_seal_are_refused(junk: bytes, key: bytes, person: UUID):
    with pytest.raises(SealBroken):
        open_(junk, key, person, purpose="a")
    with pytest.raises(SealBroken):
        unwrap(b"\x02" + junk, person, keyring=BOTH)


@given(key=keys, person=uuids)
def test_a_data_key_wrapped_before_a_rotation_is_unwrapped_after_it(key: bytes, person: UUID):
    assert unwrap(wrap(key, person, keyring=BEFORE), person, keyring=BOTH) == key


@given(key=keys, person=uuids)
def test_a_data_key_is_wrapped_by_the_current_master_key(key: bytes, person: UUID):
    assert unwrap(wrap(key, person, keyring=BOTH), person, keyring=AFTER) == key


def test_a_master_key_dropped_too_early_is_named():
    person = UUID(int=1)
    wrapped = wrap(new_data_key(), person, keyring=BEFORE)
    with pytest.raises(MasterKeyMissing) as missing:
        unwrap(wrapped, person, keyring=AFTER)
    assert missing.value.key_id == "2026-10"


@given(key=keys, person=uuids, other=uuids)
def test_a_wrapped_key_does_not_serve_another_person(key: bytes, person: UUID, other: UUID):
    if person == other:
        return
    with pytest.raises(SealBroken):
        unwrap(wrap(key, person, keyring=BOTH), other, keyring=BOTH)


@given(key=keys, person=uuids, data=st.data())
def test_a_wrapped_key_with_one_flipped_bit_is_refused(key: bytes, person: UUID, data: st.DataObject):
    with pytest.raises((SealBroken, MasterKeyMissing)):  # a flip inside the id names a master key nobody has
        unwrap(_flipped(wrap(key, person, keyring=BOTH), data), person, keyring=BOTH)


def test_a_blind_index_is_the_hmac_of_the_words_joined_by_colons():
    # Computed with: printf 'openid:wx1:o-abc' | openssl dgst -sha256 -mac HMAC -macopt hexkey:6969… (32 bytes)
    expected = "380985f67d7f49564a834c8e9d3d388f0812ce3ef867453d9c36178af9dff638"
    assert blind_index("openid", "wx1", "o-abc", keyring=BOTH).hex() == expected


def test_a_blind_index_differs_by_appid_and_by_index_key():
    other_key = Keyring("2026-11", {"2026-11": NEW}, b"j" * 32)
    indexes = {
        blind_index("openid", "wx1", "o-abc", keyring=BOTH),
        blind_index("openid", "wx2", "o-abc", keyring=BOTH),
        blind_index("openid", "wx1", "o-abc", keyring=other_key),
    }
    assert len(indexes) == 3


def test_a_blind_index_outlives_a_rotation_of_the_master_key():
    assert blind_index("email", "a@b.cn", keyring=BEFORE) == blind_index("email", "a@b.cn", keyring=AFTER)


@pytest.mark.parametrize(
    ("current", "master_keys", "index_key"),
    [
        ("missing", {"a": OLD}, INDEX),
        ("a", {"a": OLD[:31]}, INDEX),
        ("", {"": OLD}, INDEX),
        ("钥", {"钥": OLD}, INDEX),
        ("a" * 33, {"a" * 33: OLD}, INDEX),
        ("a", {"a": OLD}, INDEX[:31]),
        ("a", {"a": OLD}, OLD),
    ],
)
def test_a_keyring_that_cannot_work_is_refused(current: str, master_keys: dict[str, bytes], index_key: bytes):
    with pytest.raises(ValueError, match="key"):
        Keyring(current, master_keys, index_key)


def test_a_keyring_shows_ids_and_no_key():
    assert repr(BOTH) == "Keyring(current='2026-11', keys=['2026-10', '2026-11'])"


def _flipped(sealed: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1), label="bit")
    damaged = bytearray(sealed)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)
