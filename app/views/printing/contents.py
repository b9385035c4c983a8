"""What is printed of a scene, as it stands at this moment."""

from app import certificates, scenarios
from app.programmes.gifts import Phase
from app.views.giving import collecting
from app.views.printing.rendering import Matter


async def matter_of(scene: scenarios.Scene, issuer: certificates.Issuer) -> Matter:
    """What is printed of a scene now. A gift that was opened for later counts: a poster is printed before the day."""
    found = await collecting.offered(scene)
    return Matter(
        code=scene.code,
        url=f"{issuer.public_url}/s/{scene.code}",
        title=scene.title,
        organiser=scene.organiser,
        is_gift=found is not None and _gives(found),
        is_sandbox=issuer.is_sandbox,
    )


def _gives(found: collecting.Offered) -> bool:
    is_open = found.phase in {Phase.OPEN, Phase.AHEAD}
    return is_open and not found.campaign.is_full and found.campaign.left_g > 0
