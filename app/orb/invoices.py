"""Invoices that there are, as frozen types, and the way into Orb's own portal."""

from app.orb.decode import Amount, Answer, Instant
from app.orb.wire import Invoice, Paging


class SubscriptionId(Answer, frozen=True, gc=False):
    id: str


class Attempt(Answer, frozen=True, gc=False):
    """One attempt to collect what is due."""

    amount: Amount
    created_at: Instant
    succeeded: bool
    receipt_pdf: str | None = None


class CreditNote(Answer, frozen=True, gc=False):
    credit_note_number: str
    total: Amount
    type: str = ""
    reason: str = ""
    memo: str | None = None
    voided_at: Instant | None = None


class BalanceTransaction(Answer, frozen=True, gc=False):
    """One movement of the account balance. What it moved is `ending_balance - starting_balance`: Orb does not
    publish the sign of its `amount`."""

    action: str
    starting_balance: Amount
    ending_balance: Amount
    created_at: Instant


class Collection(Answer, frozen=True, gc=False):
    """What Orb does by itself to collect an invoice."""

    next_attempt_at: Instant | None = None


class Issued(Invoice, frozen=True, gc=False, kw_only=True):
    """An invoice that is no estimate any more, unless its status is `draft`."""

    id: str
    status: str
    invoice_number: str = ""
    invoice_source: str = ""
    subscription: SubscriptionId | None = None
    memo: str | None = None
    invoice_date: Instant | None = None
    due_date: Instant | None = None
    issued_at: Instant | None = None
    paid_at: Instant | None = None
    voided_at: Instant | None = None
    payment_failed_at: Instant | None = None
    payment_started_at: Instant | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    auto_collection: Collection | None = None
    payment_attempts: tuple[Attempt, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    customer_balance_transactions: tuple[BalanceTransaction, ...] = ()

    @property
    def whose(self) -> str | None:
        """The subscription that it bills; None for one that is of the customer as a whole."""
        return self.subscription.id if self.subscription else None


class Invoices(Answer, frozen=True, gc=False):
    data: tuple[Issued, ...]
    pagination_metadata: Paging


class PortalSession(Answer, frozen=True, gc=False):
    """A link into Orb's portal that lets in whoever has it, for a while."""

    customer_id: str
    url: str
