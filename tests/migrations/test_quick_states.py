"""What migrating leaves out is left out of its own states only."""

from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps

from app.cli.quick_states import quick_states
from app.outbox.models import OutboxMessage


def test_a_quick_state_has_no_filters_and_living_models_keep_theirs() -> None:
    before = (ModelState.render, StateApps._init_relations, State.clone)
    described = ModelState.make_from_model("models", OutboxMessage)
    with quick_states():
        assert described.render(StateApps())._meta._filters == {}
        assert OutboxMessage._meta._filters
    assert described.render(StateApps())._meta._filters
    assert (ModelState.render, StateApps._init_relations, State.clone) == before


def test_a_state_before_an_operation_stays_as_it_was() -> None:
    state = State(
        models={("models", "OutboxMessage"): ModelState.make_from_model("models", OutboxMessage)}, apps=StateApps()
    )
    with quick_states():
        earlier = state.clone()
    state.models.pop(("models", "OutboxMessage"))
    assert earlier.apps.get_model("models.OutboxMessage")._meta.db_table == "outbox_message"
