"""What people read where there is no figure: a state, or what failed. Never Orb's own text."""

from app.words import Text

_SENTENCES = {
    "no_upcoming_invoice": Text("No upcoming invoice. Nothing is due on this subscription this period."),
    "subscription_ended": Text("The subscription has ended. Nothing more is added to its bill."),
    "no_subscription": Text("There is no subscription on this account yet."),
    "no_credits": Text("No credits. None were granted or bought in the units that are shown here."),
    "no_usage": Text("No cost yet. Days appear here as usage is reported."),
    "not_used": Text("No usage yet. Quantities appear here as usage is reported."),
    "not_groupable": Text("This cannot be counted by group: what each group has does not add up to the whole."),
    "no_licenses": Text("No licenses. Nothing on this account is counted by license."),
    "no_license_usage": Text("Nothing was used on these licenses this period yet."),
    "no_alerts": Text("No alerts are set on usage, cost or credits."),
    "no_groups": Text("No cost yet. Groups appear here as usage is reported."),
    "not_enabled": Text("This breakdown is not switched on for this account."),
    "too_long_ago": Text("Groups reach back 100 days; these days are further back."),
    "with_parent": Text("What is used here is counted with the parent account, and costs are shown there."),
    "no_cost_then": Text("No cost was reported on these days."),
    "no_usage_then": Text("No usage was reported on these days."),
    "other_currency": Text("There is nothing in this currency."),
    "key_not_allowed": Text("Cost cannot be broken down by this property here."),
    "too_many_groups": Text("There are too many groups in this period to rank them by cost."),
    "orb_unreachable": Text("The billing system could not be reached."),
    "orb_timeout": Text("The billing system did not answer in time."),
    "orb_rate_limited": Text("The billing system is busy. Try again in a few seconds."),
    "orb_auth": Text("The billing system did not accept this service."),
    "orb_malformed": Text("The billing system sent an answer that makes no sense."),
    "orb_too_large": Text("The billing system sent more than can be shown here."),
    "orb_foreign": Text("The billing system sent an answer that does not belong to this account."),
    "orb_error": Text("The billing system had an error."),
    "busy": Text("Too many questions at once. Try again in a few seconds."),
}
_OTHERWISE = Text("Something went wrong while this was put together.")


def sentence(code: str) -> Text:
    """The words for a state or a failure; never Orb's own text."""
    return _SENTENCES.get(code, _OTHERWISE)
