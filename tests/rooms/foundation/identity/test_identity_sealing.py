"""Names sealed for other rooms, on real tables: who can read them, and who never again."""

from uuid import uuid4

import pytest

from app.foundation import identity
from app.foundation.identity import Keyring, PersonGone, SealBroken
from app.gateways.database import fetch, fetch_value
from app.kernel.text import Language

PURPOSE = "certificate.name"


async def a_person(keyring, now):
    return (await identity.open_guest_session(Language.ZH, keyring=keyring, now=now)).session.person_id


async def test_a_sealed_name_reads_the_same_and_is_not_stored_in_clear(keyring, now):
    person = await a_person(keyring, now)
    sealed = await identity.seal(person, "王𠮷 👟", purpose=PURPOSE, keyring=keyring)
    assert "王".encode() not in sealed
    assert await identity.unseal(person, sealed, purpose=PURPOSE, keyring=keyring) == "王𠮷 👟"


async def test_another_person_cannot_unseal_it(keyring, now):
    holder, other = await a_person(keyring, now), await a_person(keyring, now)
    sealed = await identity.seal(holder, "李娜", purpose=PURPOSE, keyring=keyring)
    with pytest.raises(SealBroken):
        await identity.unseal(other, sealed, purpose=PURPOSE, keyring=keyring)


async def test_another_purpose_cannot_unseal_it(keyring, now):
    holder = await a_person(keyring, now)
    sealed = await identity.seal(holder, "李娜", purpose=PURPOSE, keyring=keyring)
    with pytest.raises(SealBroken):
        await identity.unseal(holder, sealed, purpose="wall.name", keyring=keyring)


async def test_a_batch_of_two_hundred_costs_one_query_each_way_and_keeps_its_order(keyring, now, statements):
    people = [await a_person(keyring, now) for _ in range(5)]
    texts = [(people[index % 5], f"name {index}") for index in range(200)]
    statements.clear()
    seals = await identity.seal_many(texts, purpose=PURPOSE, keyring=keyring)
    pairs = [(person, sealed) for (person, _), sealed in zip(texts, seals, strict=True) if sealed is not None]
    read = await identity.unseal_many(pairs, purpose=PURPOSE, keyring=keyring)
    assert len(statements) == 2
    assert read == [text for _, text in texts]


async def test_after_the_key_is_destroyed_nothing_can_be_unsealed(keyring, now):
    person = await a_person(keyring, now)
    sealed = await identity.seal(person, "李娜", purpose=PURPOSE, keyring=keyring)
    await identity.set_name(person, "娜娜", keyring=keyring, now=now)
    await identity.destroy_key(person)
    assert await identity.unseal(person, sealed, purpose=PURPOSE, keyring=keyring) is None
    assert await identity.name_of(person, keyring=keyring) is None
    assert await fetch_value("SELECT count(*) FROM keys.person_key WHERE person_id = $1", person) == 0


async def test_nothing_can_be_sealed_for_a_person_whose_key_is_destroyed(keyring, now):
    person = await a_person(keyring, now)
    await identity.destroy_key(person)
    await identity.destroy_key(person)
    with pytest.raises(PersonGone):
        await identity.seal(person, "李娜", purpose=PURPOSE, keyring=keyring)


async def test_one_forgotten_person_in_a_batch_does_not_stop_the_others(keyring, now):
    gone, here = await a_person(keyring, now), await a_person(keyring, now)
    await identity.destroy_key(gone)
    seals = await identity.seal_many([(gone, "a"), (here, "b"), (uuid4(), "c")], purpose=PURPOSE, keyring=keyring)
    assert [sealed is None for sealed in seals] == [True, False, True]


async def test_names_read_the_same_after_the_master_key_has_been_replaced(now):
    first = Keyring("old", {"old": b"o" * 32}, b"i" * 32)
    both = Keyring("new", {"old": b"o" * 32, "new": b"n" * 32}, b"i" * 32)
    last = Keyring("new", {"new": b"n" * 32}, b"i" * 32)
    person, forgotten = await a_person(first, now), await a_person(first, now)
    sealed = await identity.seal(person, "李娜", purpose=PURPOSE, keyring=first)
    await identity.destroy_key(forgotten)
    while await identity.rewrap_keys(both, limit=1):
        pass
    assert await identity.unseal(person, sealed, purpose=PURPOSE, keyring=last) == "李娜"
    assert not await fetch("SELECT 1 FROM keys.person_key WHERE master_key = 'old' OR person_id = $1", forgotten)


async def test_the_last_name_given_is_the_name(keyring, now):
    person = await a_person(keyring, now)
    assert await identity.name_of(person, keyring=keyring) is None
    await identity.set_name(person, "娜娜", keyring=keyring, now=now)
    await identity.set_name(person, "Nana", keyring=keyring, now=now)
    assert await identity.name_of(person, keyring=keyring) == "Nana"
