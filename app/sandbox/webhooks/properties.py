"""The `properties` of webhooks: what happened to the resource."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.documents.credits import block_document
from app.sandbox.identity import opaque
from app.sandbox.problems import invalid
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.webhooks.alerts import balance_alert
from app.sandbox.webhooks.resources import cancellation, payment_id
from app.sandbox.webhooks.scene import Scene
from app.sandbox.wire import Document, instant, money

_LOW = "1000"


def nothing(scene: Scene) -> Document:  # noqa: ARG001
    """Say nothing: the type says all."""
    return {}


def test_message(scene: Scene) -> Document:  # noqa: ARG001
    """Greet a new endpoint."""
    return {"message": "A test event of the sandbox."}


def issued(scene: Scene) -> Document:  # noqa: ARG001
    """Tell that an invoice is there to be paid."""
    return {"automatically_marked_as_paid": False}


def invoice_before(scene: Scene) -> Document:
    """Tell what the draft came to an hour ago."""
    start, _ = scene.subscription.period(scene.lived())
    earlier = scene.draft(max(start, scene.lived() - timedelta(hours=1)))
    return {"previous_attributes": {name: earlier[name] for name in ("subtotal", "total", "amount_due")}}


def payment(scene: Scene) -> Document:
    """Tell how a payment was made, or failed."""
    return {
        "payment_provider": "stripe",
        "payment_provider_id": f"cus_{opaque('payer', scene.customer.id)}",
        "payment_provider_transaction_id": payment_id(scene),
    }


def payment_received(scene: Scene) -> Document:
    """Tell how a payment was made."""
    return payment(scene) | {"shared_payment_token_id": None}


def subscription_before(scene: Scene) -> Document:  # noqa: ARG001
    """Tell that the subscription had longer to pay."""
    return {"previous_attributes": {"net_terms": 30}}


def previous_plan(scene: Scene) -> Document:
    """Name some other plan as the one before."""
    others = (each.plan.id for each in scene.world.subscriptions if each.plan.id != scene.subscription.plan.id)
    return {"previous_plan_id": next(others)}


def cancelled(scene: Scene) -> Document:
    """Tell when the subscription will end."""
    return {"cancellation_date": instant(cancellation(scene))}


def customer_before(scene: Scene) -> Document:
    """Tell where bills were sent before."""
    return {"previous_attributes": {"email": f"accounts@{scene.customer.external_id}.example"}}


def balance_transaction(scene: Scene) -> Document:
    """Tell that staff have put money on the account balance."""
    amount, ending = Decimal(25), scene.customer.balance
    return {
        "balance_transaction": {
            "id": opaque("balance-transaction", scene.customer.id, instant(scene.now)),
            "action": "manual_adjustment",
            "type": "increment",
            "amount": money(amount, 2),
            "starting_balance": money(ending - amount, 2),
            "ending_balance": money(ending, 2),
            "created_at": instant(scene.now.replace(microsecond=0)),
            "description": "Goodwill",
            "credit_note": None,
            "invoice": None,
        }
    }


def granted(scene: Scene) -> Document:
    """Show the newest block of credits. Its amounts are strings in webhooks, though numbers in the API."""
    ledger = ledger_of(scene.usage(scene.now), scene.world, scene.customer, _unit(scene))
    if ledger is None or not ledger.left:
        raise invalid(f"customer: {scene.customer.external_id} has no credits")
    block = max(ledger.left, key=lambda block: block.effective)
    document = block_document(block, ledger.left[block])
    amounts = {name: str(document[name]) for name in ("balance", "maximum_initial_balance")}
    return {"block": document | amounts, "pricing_unit": _pricing_unit(scene)}


def _unit(scene: Scene) -> str:
    """Name the pricing unit that the customer has credits of."""
    return next((block.unit for block in scene.customer.blocks), CREDITS)


def _pricing_unit(scene: Scene) -> Document:
    unit = _unit(scene)
    return {"id": opaque("pricing-unit", unit), "name": unit, "symbol": None, "display_name": unit.capitalize()}


def balance(kind: str) -> Callable[[Scene], Document]:
    """Tell that the balance of credits came to its end, or back from it."""

    def properties(scene: Scene) -> Document:
        return {"alert_configuration": balance_alert(scene, kind, _unit(scene)), "pricing_unit": _pricing_unit(scene)}

    return properties


def balance_dropped(scene: Scene) -> Document:
    """Tell that the balance of credits is as low as somebody wanted to know."""
    return {
        "alert_configuration": balance_alert(scene, "credit_balance_dropped", _unit(scene), _LOW),
        "balance_threshold": _LOW,
        "pricing_unit": _pricing_unit(scene),
    }
