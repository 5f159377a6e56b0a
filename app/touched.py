"""Which questions to Orb each part of the dashboard stands on: what to ask anew, and whom to tell, after a change."""

from collections.abc import Iterable, Mapping

# By the part's word, as the scope of a token has it; the questions by the names under which their answers are kept.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "bill": ("upcoming_invoice",),
    "credits": ("credits_ledger", "credit_blocks"),
    "spend": ("costs",),
    "breakdown": ("grouped_costs",),
    "usage": ("usage", "grouped_usage"),
    "licenses": ("licenses", "license_usage"),
    "alerts": ("subscription_alerts", "customer_alerts"),
    "invoices": ("invoices", "invoice"),
}


def questions(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(question for part in parts for question in QUESTIONS[part])


def parts(question: str | None) -> tuple[str, ...]:
    """The parts that stand on a question; None is every question, and what is nobody's alone is everybody's."""
    return tuple(part for part, own in QUESTIONS.items() if question in own) or tuple(QUESTIONS)
