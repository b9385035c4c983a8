"""What a gift does not cover of its figure is paid for in one go."""

from uuid import UUID

from app import scenarios
from app.commerce import orders
from app.commerce.orders import OrderFacts
from app.gateways.database import transaction
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import Delivery
from app.registry.credits import Programme
from app.views.services import Services


async def place_rest(
    collection_id: UUID,
    scene: scenarios.Scene,
    *,
    by: UUID,
    key: str,
    language: Language,
    services: Services,
    address_key: bytes | None,
    currency: Currency = Currency.CNY,
    least_minor: int = 1,
) -> OrderFacts | None:
    """Order what a gift does not cover of its figure: a supplement of the gift's own claim.

    None where it covers all, or went into an account and covers nothing yet.

    Where that costs less than `least_minor`, as many grams are bought as this is worth: the button said so.

    Raises:
        Whatever `orders.place` raises.
    """
    one = await gifts.find_collection(collection_id, by=by)
    assert scene.setup is not None, scene.code
    if one.delivers is Delivery.ACCOUNT or one.mass_g >= to_retire_g(one.emission_g, step_g=scene.setup.step_g):
        return None
    async with transaction() as tx:
        root = await gifts.claim_of(collection_id, name_wait=services.name_wait, tx=tx)
    assert root is not None and root.footprint_id is not None, collection_id
    return await orders.place(
        orders.NewOrder(
            footprint_id=root.footprint_id,
            scenario_id=scene.id,
            emission_g=root.emission_g,
            step_g=scene.setup.step_g,
            programme=Programme(scene.setup.programme),
            currency=currency,
            rate_days=services.rate_days,
            least_minor=least_minor,
            may_buy_more=True,
            language=language.value,
            purpose=root.purpose,
            supplements=root,
            besides_g=one.mass_g,
        ),
        by=one.person_id,  # a claim's supplement is of whom the claim is
        key=key,
        clock=services.gateways.clock,
        bounds=services.bounds,
        address_key=address_key,
    )
