"""What a card shows, as a file for finance: `GET /api/export/{card}.csv`."""

from starlette.requests import Request
from starlette.responses import Response

from app import focus
from app.account.account import Account
from app.cards.base import Card, Cell, Failed, Outcome, Ready, Table
from app.dashboard import listing, load_one
from app.orb.errors import OrbError
from app.query import Query
from app.web import lists
from app.web.api import known, needs
from app.web.desk import desk
from app.web.problems import unavailable
from app.web.reader import Reader
from app.web.render import reader_of
from app.web.session import who
from app.web.sheet import write


async def card(request: Request) -> Response:
    """One card's table, with basis, zone and age on every row; of an empty card the state that it is in."""
    viewer, front = who(request), desk(request)
    needs(viewer, "export")
    query, (wanted,) = front.question(request, viewer, request.path_params["card"])
    moment = front.moment()
    account = front.account(viewer, moment)
    await known(account, query.subscription_id)
    outcome = await load_one(wanted, account, query, moment.deadline)
    if isinstance(outcome, Failed):
        raise unavailable(outcome)
    if isinstance(outcome, Ready):
        table = wanted.table(outcome.data)
    else:
        table = Table(("code", "message"), ((outcome.code, outcome.message),))
    return sheet(table, await _common(account, query, wanted, outcome, table), wanted.word, reader_of(request))


async def costs(request: Request) -> Response:
    """`GET /api/export/focus.csv`: the cost by day in the columns of FOCUS."""
    viewer, front = who(request), desk(request)
    needs(viewer, "export")
    needs(viewer, "spend")
    query, _ = front.question(request, viewer, "spend")
    moment = front.moment()
    account = front.account(viewer, moment)
    await known(account, query.subscription_id)
    try:
        table = await focus.load(account, query, request.url.hostname or "")
    except OrbError as error:
        raise lists.unavailable(error) from None
    return sheet(table, {}, "focus", reader_of(request))


async def _common(account: Account, query: Query, card: Card, outcome: Outcome, table: Table) -> dict[str, Cell]:
    """What every row says: whose days and period these are, what kind of figures, how old."""
    found = await listing(account)
    axis = found.axis(found.period, query.timeframe_start, query.timeframe_end) if found else None
    own = "period" in table.columns
    period: dict[str, Cell] = {} if own else {"period": axis}
    return {**period, "basis": card.basis, "timezone": found.zone.key if found else None, "as_of": outcome.as_of}


def sheet(table: Table, common: dict[str, Cell], name: str, reader: Reader) -> Response:
    """A file to keep, under its name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(write(table, common, reader), media_type="text/csv", headers=headers)
