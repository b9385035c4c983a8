"""In the API's description a form that takes no other field says so: `additionalProperties: false`."""

from typing import TYPE_CHECKING

from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator


class ClosedForms(OpenAPISchemaPlugin):
    """Structs that forbid unknown fields, described by whatever describes structs, and closed."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether the field is such a struct."""
        if field_definition.is_union or not field_definition.is_subclass_of(Struct):
            return False
        config = field_definition.type_.__struct_config__
        return bool(config.forbid_unknown_fields)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """The schema of the struct, which allows nothing else."""
        for other in schema_creator.plugins:
            if other is not self and schema_creator.plugin_supports_field(other, field_definition):
                schema = other.to_openapi_schema(field_definition, schema_creator)
                schema.additional_properties = False
                return schema
        raise AssertionError("Litestar describes structs")
