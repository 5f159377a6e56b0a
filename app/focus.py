"""Cost by day and price in the columns of FOCUS 1.2, the open format in which finance teams gather cost of all vendors.

FOCUS knows four costs of a charge. Orb's `subtotal` of a price is what it comes to at the contract's own prices, so
it is ListCost and ContractedCost; Orb's `total` has minimums and discounts spread over the prices, so it is
BilledCost and EffectiveCost. Credits, account balance and tax belong to no price and no day: they are on the bill.
Source of the names: https://focus.finops.org, the columns that version 1.2 wants from everybody.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Cell, Row, Table
from app.listing import Listing
from app.money import Money, Quantity, unit
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.together import settled

_COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
    "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost",
    "InvoiceIssuerName", "ListCost", "PricingCategory", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType",
)  # fmt: skip
_UNIT = "Units"


async def load(account: Account, query: Query, provider: str) -> Table:
    """Every charge of the shown subscriptions that are in a currency, one row a price and day; raises OrbError.

    What is counted in a pricing unit is left out: FOCUS takes national currencies alone. `provider` is whom the
    charges are paid to.
    """
    listing = await account.listing()
    asked = [
        (each, window, code)
        for each in listing.shown(query.subscription_id)
        if (code := _currency(each, query))
        and (window := account.so_far(listing, listing.axis(each.period, query.timeframe_start, query.timeframe_end)))
    ]
    calls = [partial(account.subscription_costs, each, "periodic", window, code) for each, window, code in asked]
    answers: Sequence[Answer[wire.Costs] | OrbError] = await settled(OrbError, *calls)
    rows: list[Row] = []
    for (subscription, _, code), answer in zip(asked, answers, strict=True):
        if isinstance(answer, OrbError):
            raise answer  # a file with a hole in it would look whole
        rows.extend(view(listing, subscription, answer.reading.value, code, provider))
    return Table(_COLUMNS, tuple(rows))


def _currency(subscription: wire.Subscription, query: Query) -> str | None:
    """The currency in which this subscription is billed, unless another one was chosen."""
    own = [subscription.currency, subscription.customer.currency]
    found = next((code for code in own if code and unit(code).is_currency), None)
    return found if query.currency in (None, found) else None


def view(
    listing: Listing, subscription: wire.Subscription, costs: wire.Costs, code: str, provider: str
) -> Iterator[Row]:
    """The charges of one subscription's periodic series; what came to nothing is no charge."""
    for day in costs.data:
        for charge in day.per_price_costs:
            if charge.subtotal or charge.total:
                yield _row(listing, subscription, day, charge, code, provider)


def _row(
    listing: Listing, subscription: wire.Subscription, day: wire.Cost, charge: wire.PriceCost, code: str, provider: str
) -> Row:
    counted = unit(code)
    listed, billed = wire.Subtotal(charge.subtotal, counted), Money(charge.total, counted)
    fee = charge.price.price_type == "fixed_price"
    quantity = None if charge.quantity is None else Quantity(charge.quantity)
    # Orb tells the current billing period alone: of earlier days it is not known.
    period = subscription.period if subscription.period and subscription.period.holds(day.timeframe_start) else None
    customer = listing.customer
    values: dict[str, Cell] = {
        "BilledCost": billed,
        "BillingAccountId": customer.id if customer else None,
        "BillingAccountName": customer.name if customer else None,
        "BillingAccountType": "Customer",
        "BillingCurrency": counted.code,
        "BillingPeriodEnd": period.end if period else None,
        "BillingPeriodStart": period.start if period else None,
        "ChargeCategory": "Purchase" if fee else "Usage",
        "ChargeDescription": charge.price.name,
        "ChargeFrequency": "Recurring" if fee else "Usage-Based",
        "ChargePeriodEnd": day.timeframe_end,
        "ChargePeriodStart": day.timeframe_start,
        "ConsumedQuantity": None if fee else quantity,
        "ConsumedUnit": None if fee else _UNIT,
        "ContractedCost": listed,
        "EffectiveCost": billed,
        "InvoiceIssuerName": provider,
        "ListCost": listed,
        "PricingCategory": "Standard",
        "PricingQuantity": quantity,
        "PricingUnit": _UNIT,
        "ProviderName": provider,
        "PublisherName": provider,
        "ServiceCategory": "Other",
        "ServiceName": subscription.title,
        "ServiceSubcategory": "Other (Other)",
        "SkuId": charge.price.id,
        "SkuPriceId": charge.price.id,
        "SubAccountId": subscription.id,
        "SubAccountName": subscription.title,
        "SubAccountType": "Subscription",
    }
    return tuple(values.get(name) for name in _COLUMNS)
