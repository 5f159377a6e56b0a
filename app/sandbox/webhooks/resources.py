"""The resources in webhooks: invoices, subscriptions and customers, in full or by reference."""

from dataclasses import replace
from datetime import datetime

from app.sandbox.documents.customers import customer_document
from app.sandbox.documents.invoices import invoice_document
from app.sandbox.documents.subscriptions import subscription_document
from app.sandbox.identity import opaque
from app.sandbox.problems import invalid
from app.sandbox.rating.collection import standing
from app.sandbox.rating.history import GRACE, NET_TERMS, Invoice
from app.sandbox.webhooks.endpoints import Style
from app.sandbox.webhooks.scene import Scene
from app.sandbox.wire import Document, instant

_NOT_IN_STANDARD = {
    "line_items",
    "subtotal",
    "discount",
    "discounts",
    "minimum",
    "minimum_amount",
    "maximum",
    "maximum_amount",
    "hidden_line_item_count",
}


def customer(scene: Scene, style: Style) -> Document:  # noqa: ARG001  a customer is the same in both styles
    """Show the customer."""
    return customer_document(scene.world, scene.customer)


def subscription(scene: Scene, style: Style) -> Document:
    """Show the subscription as it is."""
    document = subscription_document(scene.world, scene.subscription, scene.now)
    return document if style == "expanded" else _summary(document)


def brief_subscription(scene: Scene, style: Style) -> Document:  # noqa: ARG001
    """Show the subscription as some events do, in either style."""
    summary = _summary(subscription_document(scene.world, scene.subscription, scene.now))
    return {key: value for key, value in summary.items() if key not in {"name", "created_at", "metadata"}}


def ended_subscription(scene: Scene, style: Style) -> Document:
    """Show the subscription as if it had ended just now, where it has not ended before."""
    return subscription(_ending(scene, scene.now), style)


def leaving_subscription(scene: Scene, style: Style) -> Document:
    """Show the subscription as if it ended with its billing period."""
    return subscription(_ending(scene, cancellation(scene)), style)


def cancellation(scene: Scene) -> datetime:
    """Tell when a subscription ends that is cancelled now: with its billing period."""
    return scene.subscription.period(scene.lived())[1]


def _ending(scene: Scene, end: datetime) -> Scene:
    already = scene.subscription.end
    return replace(scene, what=replace(scene.subscription, end=end if already is None else min(already, end)))


def _summary(document: Document) -> Document:
    own = ("id", "name", "status", "start_date", "end_date", "created_at", "metadata")
    plan, customer = document["plan"], document["customer"]
    return {
        **{key: document[key] for key in own},
        "plan": {key: plan[key] for key in ("id", "external_plan_id", "name")},
        "customer": {key: customer[key] for key in ("id", "external_customer_id")},
    }


def draft_invoice(scene: Scene, style: Style) -> Document:
    """Show the invoice that the running billing period adds up to."""
    return _invoice(scene, scene.lived(), style, {})


def issued_invoice(scene: Scene, style: Style) -> Document:
    """Show the newest invoice there can be: of the last billing period, issued now and not paid yet."""
    if scene.invoice is not None:
        return _in_style(_real(scene, scene.invoice), style)
    ahead = {"will_auto_issue": False, "scheduled_issue_at": None, "eligible_to_issue_at": None}
    return _invoice(scene, scene.last_period(), style, ahead | {"status": "issued", "issued_at": _second(scene)})


def paid_invoice(scene: Scene, style: Style) -> Document:
    """Show that invoice paid now."""
    paid = {"status": "paid", "paid_at": _second(scene), "payment_received_at": _second(scene)}
    invoice = issued_invoice(scene, style)
    if scene.invoice is not None:
        return invoice
    return invoice | paid | _attempted(scene, invoice, succeeded=True)


def unpaid_invoice(scene: Scene, style: Style) -> Document:
    """Show that invoice after a payment that failed now."""
    invoice = issued_invoice(scene, style)
    if scene.invoice is not None:
        return invoice
    return invoice | {"payment_failed_at": _second(scene)} | _attempted(scene, invoice, succeeded=False)


def _invoice(scene: Scene, at: datetime, style: Style, changes: Document) -> Document:
    if not scene.subscription.plan.billed:
        raise invalid(f"customer: {scene.customer.external_id} is never sent an invoice")
    invoice = scene.draft(at)
    ends = datetime.fromisoformat(invoice.pop("target_date"))
    due = instant(ends + GRACE + NET_TERMS) if "issued_at" in changes else None
    invoice |= {"invoice_date": instant(ends), "due_date": due} | changes
    return _in_style(invoice, style)


def _real(scene: Scene, invoice: Invoice) -> Document:
    """Show an invoice of the world, as it stands."""
    bill = scene.books.bill(invoice, scene.now)
    return invoice_document(invoice, bill, standing(invoice, bill, scene.world.staged, scene.now))


def _in_style(invoice: Document, style: Style) -> Document:
    lacking = _NOT_IN_STANDARD if style == "standard" else set()
    return {key: value for key, value in invoice.items() if key not in lacking}


def _attempted(scene: Scene, invoice: Document, *, succeeded: bool) -> Document:
    attempt = {
        "id": opaque("payment-attempt", invoice["id"], str(succeeded)),
        "amount": invoice["amount_due"],
        "created_at": _second(scene),
        "payment_provider": "stripe",
        "payment_provider_id": payment_id(scene),
        "receipt_pdf": None,
        "succeeded": succeeded,
    }
    return {"payment_started_at": _second(scene), "payment_attempts": [attempt]}


def payment_id(scene: Scene) -> str:
    """Name the payment as its provider does."""
    return f"pi_{opaque('payment', scene.subscription.id)}"


def _second(scene: Scene) -> str:
    return instant(scene.now.replace(microsecond=0))
