"""Papers are drawn when somebody asks for them, the newest first; each is of a cause and a kind."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _sql(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


def _paper(*, is_filled: bool) -> fields.ForeignKeyRelation:
    return fields.ForeignKeyField(
        "models.PaperKind",
        source_field="paper_id",
        null=not is_filled,
        db_constraint=True,
        to_field="code",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _of(model: str) -> fields.ForeignKeyRelation:
    return fields.ForeignKeyField(
        f"models.{model}",
        source_field=f"{model.lower()}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0028_channels_by_capability")]

    operations = [
        ops.CreateModel(
            name="CertificateWanted",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "certificate",
                    fields.ForeignKeyField(
                        "models.Certificate",
                        source_field="certificate_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("language", fields.CharField(max_length=2)),
                ("kind", fields.CharField(max_length=3)),
                ("wanted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "certificate_wanted",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A file that somebody asked for, and when last; a file that nobody asks for is not drawn.",
            },
            bases=["Model"],
        ),
        _sql("certificates_wanted"),
        _sql("outbox_newest"),
        _sql("outbox_recorded"),
        ops.CreateModel(
            name="PaperKind",
            fields=[("code", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32))],
            options={
                "table": "paper_kind",
                "app": "models",
                "pk_attr": "code",
                "table_description": "A kind of paper, as the room that owns its causes names it; its registers refer to it.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="CertificateSeries", name="paper", field=_paper(is_filled=False)),
        ops.AddField(model_name="Certificate", name="paper", field=_paper(is_filled=False)),
        ops.AddField(model_name="Certificate", name="cause", field=fields.CharField(null=True, max_length=128)),
        _sql("certificates_papers"),
        ops.AlterField(model_name="CertificateSeries", name="paper", field=_paper(is_filled=True)),
        ops.AlterField(model_name="Certificate", name="paper", field=_paper(is_filled=True)),
        ops.AlterField(model_name="Certificate", name="cause", field=fields.CharField(max_length=128)),
        ops.AlterField(model_name="Certificate", name="retirement", field=_of("Retirement")),
        ops.AlterField(model_name="Certificate", name="scenario", field=_of("Scenario")),
        _sql("books_papers"),
    ]
