"""What a paper keeps of the zone of its scene. Pure."""

from collections.abc import Mapping

import msgspec

from app.scenarios import SceneZone


def zone_edition(zone: SceneZone | None) -> Mapping[str, object] | None:
    """What a record keeps of the zone of its scene, so that no later version of the zone changes the paper."""
    if zone is None:
        return None
    edition = zone.certificate
    return {
        "slug": zone.slug,
        "version": zone.version,
        "name": msgspec.to_builtins(zone.name),
        "accent": edition.accent,
        "line": msgspec.to_builtins(edition.line) if edition.line else None,
        "seal": msgspec.to_builtins(edition.seal) if edition.seal else None,
    }
