"""One customer's account at Orb: bound to that customer, cached; it cannot name another."""

from app.account.costed import Costed
from app.account.credited import Credited
from app.account.evaluated import Evaluated
from app.account.invoiced import Invoiced
from app.account.listed import Listed


class Account(Evaluated, Listed, Invoiced, Credited, Costed):
    """What a card may ask."""
