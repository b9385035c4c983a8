"""Migrations one after the other by Tortoise's own operations, in a tenth of the time that its own executor takes.

Before every operation Tortoise renders all models anew, and prepares what each could be asked: a migration that computes
in Python may ask, and ours are SQL. Here a model is rendered when an operation wants it. What PostgreSQL is told stays the
same: tests/migrations/test_one_by_one.py compares it with what Tortoise alone told it.
"""

from dataclasses import replace
from typing import Any

from tortoise.fields.relational import RelationalField
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.operations import RunPython
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model


class Stepping(MigrationExecutor):
    """Tortoise's own but for the state between two operations."""

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        assert upto is None, "only forwards"
        state = _State({}, _Apps({}, dict.fromkeys(self.loader.apps_config, "default")))
        for key in (key for key in self._full_plan() if key in applied):
            migration = self.loader.graph.nodes[key]
            assert migration is not None
            await migration.apply(state, dry_run=True)
        return state

    def _migration_plan(self, *wanted: Any) -> list[PlanStep]:  # noqa: ANN401 - Tortoise's own parameters
        steps = super()._migration_plan(*wanted)
        asking = {
            step.migration.name for step in steps for one in step.migration.operations if isinstance(one, RunPython)
        }
        assert not asking, f"{asking} may ask the database by models, which these here cannot"
        return steps


class _Apps(StateApps):
    """Models that are rendered when one is asked for: that one, and those it refers to."""

    def __init__(self, models: dict[tuple[str, str], ModelState], connections: dict[str, str]) -> None:
        super().__init__(default_connections=connections)
        self.models = models

    def get_model(self, app_label: str, model_name: str | None = None) -> type[Model]:
        wanted = self.split_reference(app_label) if model_name is None else (app_label, model_name)
        self._render(wanted)
        self._init_relations()
        return super().get_model(*wanted)

    def _render(self, wanted: tuple[str, str]) -> None:
        if wanted[1] in self.apps.get(wanted[0], {}):
            return
        state = self.models[wanted]
        self.register_model(wanted[0], state.render(self))
        for field in state.fields.values():
            if isinstance(field, RelationalField):
                self._render(self.split_reference(field.model_name))  # type: ignore[attr-defined]

    def unregister_model(self, *_: str) -> None:
        self.apps = {}

    def _build_initial_querysets(self) -> None:
        """Nobody asks the database by these."""


class _State(State):
    """What the models are after an operation."""

    apps: _Apps

    def __init__(self, models: dict[tuple[str, str], ModelState], apps: _Apps) -> None:
        super().__init__(models, apps)
        apps.models = models

    def _find_related_models(self, *_: str) -> set[tuple[str, str]]:
        return set()

    def _reload(self, _: set[tuple[str, str]]) -> None:
        self.apps.apps = {}

    def clone(self) -> State:
        """As it stands now, with the models that are rendered already. Fields are replaced and never changed: no copies."""
        models = {
            key: replace(model, options=dict(model.options), fields=dict(model.fields))
            for key, model in self.models.items()
        }
        apps = _Apps(models, self.apps._default_connections)  # noqa: SLF001 - as Tortoise's own clone does
        apps.apps = self.apps.apps
        return _State(models, apps)
