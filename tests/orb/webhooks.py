"""Webhooks as Orb sends them: the public vector of its client's tests, every type of event, our own signatures."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

SECRET = "c-UGKYdnhHh436B_sMouYAPUvXyWpzOdunZBV5dFSD8"
TIMESTAMP = "2024-03-27T15:42:29.551"
SENT = datetime(2024, 3, 27, 15, 42, 29, 551000, tzinfo=UTC)
BODY = (
    b'{"id": "o4mmewpfNNTnjfZc", "created_at": "2024-03-27T15:42:29+00:00", "type": "resource_event.test", '
    b'"properties": {"message": "A test webhook from Orb. Happy testing!"}}'
)
SIGNATURE = "v1=9d25de966891ab0bc18754faf8d83d0980b44ae330fcc130b41a6cf3daf1f391"

ORB_ID, OWN_ID = "CuBorealis000001", "borealis"
_WHO = {"id": ORB_ID, "external_customer_id": OWN_ID}

ALERTS, LEDGER, BILLED, GRANTED, LICENSED = (
    ("alerts",), ("alerts", "credits"), ("bill", "invoices"), ("credits", "bill"), ("licenses",)
)  # fmt: skip
# Every type that Orb's client 4.90.0 knows, and what the event touches.
TYPES: dict[str, Any] = {
    "backfill.reflected": (),
    "backfill.reverted": (),
    "billable_metric.edited": (),
    "credit_block.accounting_sync_failed": (),
    "credit_block.accounting_sync_succeeded": (),
    "credit_note.accounting_sync_failed": BILLED,
    "credit_note.accounting_sync_succeeded": BILLED,
    "credit_note.issued": BILLED,
    "credit_note.marked_as_void": BILLED,
    "customer.accounting_sync_failed": (),
    "customer.accounting_sync_succeeded": (),
    "customer.balance_transaction_created": BILLED,
    "customer.created": (),
    "customer.credit_balance_depleted": LEDGER,
    "customer.credit_balance_dropped": LEDGER,
    "customer.credit_balance_recovered": LEDGER,
    "customer.credit_ledger_incremented": GRANTED,
    "customer.edited": "all",
    "data_exports.transfer_error": (),
    "data_exports.transfer_success": (),
    "event.unmatched_event": (),
    "ingestion.unmatched_customer_ids": (),
    "invoice.accounting_sync_failed": BILLED,
    "invoice.accounting_sync_succeeded": BILLED,
    "invoice.automation_schedule_step_executed": BILLED,
    "invoice.cost_data_exported": BILLED,
    "invoice.dunning_schedule_created": BILLED,
    "invoice.dunning_schedule_ended": BILLED,
    "invoice.dunning_schedule_reset": BILLED,
    "invoice.dunning_schedule_step_executed": BILLED,
    "invoice.edited": BILLED,
    "invoice.invoice_date_elapsed": BILLED,
    "invoice.issue_failed": BILLED,
    "invoice.issued": BILLED,
    "invoice.issued_summary": BILLED,
    "invoice.manually_marked_as_paid": BILLED,
    "invoice.manually_marked_as_void": BILLED,
    "invoice.payment_failed": BILLED,
    "invoice.payment_processing": BILLED,
    "invoice.payment_succeeded": BILLED,
    "invoice.sync_failed": BILLED,
    "invoice.sync_succeeded": BILLED,
    "invoice.undo_mark_as_paid": BILLED,
    "invoice_due_date_recalculation.canceled": (),
    "invoice_due_date_recalculation.completed": (),
    "invoice_due_date_recalculation.started": (),
    "metric.events_dropped_by_watermark": (),
    "payment_method.created": (),
    "payment_method.deleted": (),
    "plan.created": (),
    "plan.default_version_set": (),
    "plan.edited": (),
    "plan.version_created": (),
    "price.edited": (),
    "resource_event.test": (),
    "sales_order.accounting_sync_failed": (),
    "sales_order.accounting_sync_succeeded": (),
    "subscription.accounting_sync_failed": "all",
    "subscription.accounting_sync_succeeded": "all",
    "subscription.alert_disabled": ALERTS,
    "subscription.cancellation_scheduled": "all",
    "subscription.cancellation_unscheduled": "all",
    "subscription.cost_exceeded": ALERTS,
    "subscription.created": "all",
    "subscription.edited": "all",
    "subscription.ended": "all",
    "subscription.fixed_fee_quantity_updated": "all",
    "subscription.grouped_cost_exceeded": ALERTS,
    "subscription.invoicing_threshold_exceeded": ALERTS,
    "subscription.license_allocation_reset": LICENSED,
    "subscription.license_balance_threshold_reached": ALERTS,
    "subscription.plan_change_scheduled": "all",
    "subscription.plan_changed": "all",
    "subscription.plan_version_change_scheduled": "all",
    "subscription.plan_version_changed": "all",
    "subscription.spend_exceeded": ALERTS,
    "subscription.started": "all",
    "subscription.trial_ended": "all",
    "subscription.usage_exceeded": ALERTS,
    "transaction.accounting_sync_failed": (),
    "transaction.accounting_sync_succeeded": (),
}


def event(event_type: str, identity: str = "evt_1", **more: Any) -> bytes:
    """An event about Borealis, no longer than it has to be; `more` stands in place of what would be there."""
    resource = event_type.partition(".")[0]
    shown = _WHO if resource == "customer" else {"id": "a-resource", "customer": _WHO}
    document = {"id": identity, "created_at": "2026-05-20T15:00:00+00:00", "type": event_type, resource: shown}
    return json.dumps(document | {"properties": {}} | more).encode()


def signed(body: bytes, now: datetime, secret: str = SECRET) -> dict[str, str]:
    """The two headers that prove it."""
    timestamp = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return {"X-Orb-Timestamp": timestamp, "X-Orb-Signature": f"v1={signature(body, timestamp, secret)}"}


def signature(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"v1:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
