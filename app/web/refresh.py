"""The refresh of the page: all that first paint shows, asked past Orb's cache."""

from datetime import timedelta
from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from app.cards.base import Outcome
from app.dashboard import Summary, listing, loading, summary
from app.web import frame
from app.web.api import known, needs
from app.web.desk import desk
from app.web.pages import again
from app.web.reader import Reader
from app.web.render import encoder, reader_of
from app.web.session import who
from app.web.stream import Emit, Streamed
from app.words import Plural, Text

_LINES = "application/x-ndjson"
_SECOND = timedelta(seconds=1)


async def refresh(request: Request) -> Response:
    """`POST /refresh`: a form comes back to the page; a script is told of each card as it lands, in one answer.

    The script then has the cards from what is kept: our policy lets no text become markup in the browser.
    """
    viewer, front = who(request), desk(request)
    needs(viewer, "refresh")
    query, cards = front.question(request, viewer)
    moment = front.moment(live=True)
    account = front.account(viewer, moment)
    await known(account, query.subscription_id)
    reader, outcomes = reader_of(request), dict[str, Outcome]()

    async def load(emit: Emit | None = None) -> None:
        async with loading(account, query, cards, moment.deadline) as arriving:
            async for landed in arriving:
                outcomes[landed.card.word] = landed.outcome
                if emit:
                    await emit(_line(reader, {"card": landed.card.word, "status": landed.outcome.status}))

    async def write(emit: Emit) -> None:
        await load(emit)
        said = summary(await listing(account), outcomes, front.refresh_age, front.now())
        await emit(_line(reader, _closing(said)))

    if _LINES in request.headers.get("accept", ""):
        return Streamed(write, _LINES)
    await load()
    # The page finds what was kept: the fragment makes it show that some of it could not be renewed.
    told = "" if summary(None, outcomes, front.refresh_age, front.now()).complete else "#not-refreshed"
    return frame.onward(request, f"/{again(request)}{told}")


def _line(reader: Reader, data: dict[str, object]) -> bytes:
    return encoder(reader).encode(data) + b"\n"


def _closing(said: Summary) -> dict[str, object]:
    """For the end: what is announced, how many seconds until the next refresh, and the notes as they are now."""
    seconds = max(0, ceil((said.allowed_at - said.now) / _SECOND))
    done = Text("The figures are refreshed.")
    failed = Text("Some figures could not be refreshed. These are the last that are known.")
    return {
        "done": True,
        "complete": said.complete,
        "said": done if said.complete else failed,
        "seconds": seconds,
        "wait": Plural("Refreshed. Again in a second.", "Refreshed. Again in {n} seconds.", n=seconds),
        "notes": [{"kind": note.kind, "text": note.text} for note in said.notes],
    }
