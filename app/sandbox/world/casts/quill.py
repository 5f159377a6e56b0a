"""A company whose people hold licenses: an allocation each, some beyond it, some taken back."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.teams import AI_CREDITS, TEAM
from app.sandbox.world import workspaces
from app.sandbox.world.grants import Grant
from app.sandbox.world.habits import Habit, Properties, Tags
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.seats import Seat
from app.sandbox.world.when import Day, Month, When

D = Decimal
_SINCE = Month(-3)

# Those who come first use most, well beyond their allocation.
_EVERYBODY = (
    "mere.tamihana@quill.example",
    "oscar.lindqvist@quill.example",
    "priya.raman@quill.example",
    "tomas.novak@quill.example",
    "svc/contract-indexer",
    "ngaio.parata@quill.example",
    "hemi.walker@quill.example",
    "zoë.o’connor+review@quill.example",
    "lucia.ferraro@quill.example",
    "daniel.okafor@quill.example",
    "Sørensen, Åse <aase@quill.example>",
    "ben.hartley@quill.example",
    "amir.haddad@quill.example",
    "امیر.حداد@quill.example",
    "grace.liu@quill.example",
    "刘 晓明",
    "jonas.weber@quill.example",
    "<script>alert('seat')</script>",
    "ella.robinson@quill.example",
    "50%25 off & more?x=1#top",
    "kiri.henare@quill.example",
    "=SUM(A1:A9)@quill.example",
    "marta.kowalska@quill.example",
    "noah.fischer@quill.example",
    "the-whole-department-of-mergers-and-acquisitions-" + "including-everybody-who-ever-" * 5 + "asked@quill.example",
    "ruby.taylor@quill.example",
    "samir.patel@quill.example",
    "🦊@quill.example",
)
_TAKEN_BACK: dict[str, When] = {
    "daniel.okafor@quill.example": Day(-2, 14.5),
    "grace.liu@quill.example": Day(-6, 9),
    "noah.fischer@quill.example": Month(-1, 12),
}
_GIVEN_TODAY = "new.starter@quill.example"
_WITHOUT = "guest@elsewhere.example"

_PEOPLE = (*_EVERYBODY, _GIVEN_TODAY, _WITHOUT)
_TEAMS = ("Litigation", "Mergers", "Property")

# The first names weigh most; some usage is nobody's.
_USERS = Tags(
    (*(Properties(user_id=name, team=_TEAMS[place % len(_TEAMS)]) for place, name in enumerate(_PEOPLE)), {}),
    (*(10_000 // (place + 2) for place in range(len(_PEOPLE))), 500),
)

QUILL = Role(
    "quill",
    "Quill & Partners",
    "Licenses: thirty people with an allocation each, several beyond it, some who gave theirs back, one never used.",
    ZoneInfo("Pacific/Auckland"),
    ("18 Customs Street", "Auckland", "NZ"),
    "USD",
    (
        Deal(
            TEAM,
            _SINCE,
            (Habit("cast", "assistant_run", 250, 180, "actions", D("0.25"), 16, (_USERS, workspaces.PLAIN)),),
            seats=(
                *(Seat(name, _SINCE, _TAKEN_BACK.get(name)) for name in _EVERYBODY),
                Seat("never.used@quill.example", Month(-1, 20)),
                Seat(_GIVEN_TODAY, Day(0)),
            ),
        ),
    ),
    # What all share beyond their own allocations: used up around the middle of the month.
    grants=tuple(
        Grant(
            f"pool-{months}",
            D(1_500),
            Month(months),
            Month(months + 1),
            D("0.00"),
            "allocation",
            "Shared pool",
            unit=AI_CREDITS,
        )
        for months in range(-3, 2)
    ),
)
