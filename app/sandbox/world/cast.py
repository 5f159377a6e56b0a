"""The cast: invented customers, each there to show one thing."""

from app.sandbox.world.casts.crowds import BABEL, CHORUS, MOTE, ORCHARD, ORCHARD_EAST, ORCHARD_WEST
from app.sandbox.world.casts.everyday import ATELIER, GULF, HALCYON, HIMAL, MERIDIAN, NORTHWIND, YAMATO
from app.sandbox.world.casts.lives import FRESH, LATTICE, NOBODY, QUIET, SPRINGBOARD, SUNSET
from app.sandbox.world.casts.prepaid import FARO, LUMEN, SPARKWORKS, TROLLHEIM, ZEROTH
from app.sandbox.world.casts.quill import QUILL
from app.sandbox.world.casts.threshold import CALDER

CAST = (
    NORTHWIND,
    HALCYON,
    LUMEN,
    QUIET,
    SUNSET,
    FRESH,
    MERIDIAN,
    NOBODY,
    YAMATO,
    ATELIER,
    SPARKWORKS,
    FARO,
    TROLLHEIM,
    ZEROTH,
    SPRINGBOARD,
    LATTICE,
    BABEL,
    MOTE,
    CHORUS,
    ORCHARD,
    ORCHARD_EAST,
    ORCHARD_WEST,
    GULF,
    HIMAL,
    CALDER,
    QUILL,
)
