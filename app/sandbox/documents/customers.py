"""Orb's documents of customers."""

from app.sandbox.wire import Document, instant, plain
from app.sandbox.world.world import Customer, World


def customer_document(world: World, customer: Customer) -> Document:
    """Show a customer as Orb's `Customer`."""
    parent = world.customer(customer.parent, external=True) if customer.parent else None
    return {
        "metadata": {},
        "id": customer.id,
        "external_customer_id": customer.external_id,
        "name": customer.name,
        "email": f"billing@{customer.external_id}.example",
        "timezone": customer.zone.key,
        "payment_provider_id": None,
        "payment_provider": None,
        "created_at": instant(customer.created),
        "shipping_address": None,
        "billing_address": address_document(customer),
        "balance": plain(customer.balance) if customer.balance else "0.00",
        "currency": customer.currency,
        "tax_id": None,
        "auto_collection": True,
        "exempt_from_automated_tax": None,
        "email_delivery": True,
        "auto_issuance": None,
        "additional_emails": [],
        "portal_url": None,
        "accounting_sync_configuration": None,
        "reporting_configuration": None,
        "hierarchy": {
            "parent": customer_reference(parent) if parent else None,
            "children": [customer_reference(child) for child in world.children(customer)],
        },
        "automatic_tax_enabled": False,
        "payment_configuration": None,
        "default_payment_method": None,
    }


def customer_reference(customer: Customer) -> Document:
    """Show the short form that invoices and ledger entries carry."""
    return {"id": customer.id, "external_customer_id": customer.external_id}


def address_document(customer: Customer) -> Document:
    """Show a customer's address."""
    line, city, country = customer.address
    return {
        "line1": line,
        "line2": None,
        "city": city,
        "state": None,
        "postal_code": None,
        "country": country,
    }
