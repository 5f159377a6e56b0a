"""One customer's account at Orb: bound to that customer, cached; it cannot name another."""

from app.account.alerted import Alerted
from app.account.costed import Costed
from app.account.credited import Credited
from app.account.evaluated import Evaluated
from app.account.invoiced import Invoiced
from app.account.licensed import Licensed
from app.account.listed import Listed
from app.account.measured import Measured
from app.account.statements import Statements


class Account(Statements, Evaluated, Listed, Invoiced, Credited, Costed, Measured, Licensed, Alerted):
    """What a card may ask."""
