"""Gives leave to call Orb: per rate class never more than the plan allows, in order, fairly, within a deadline."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

import anyio
from anyio.abc import TaskGroup

from app.budget.line import Line, Priority
from app.budget.pace import Pace, Slot
from app.budget.turn import Alone, Turn


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a call is made, what for, and until when leave for it is waited for, on anyio's clock."""

    customer: Hashable = None
    priority: Priority = Priority.FIRST_PAINT
    deadline: float = inf


@dataclass(eq=False, slots=True)
class _Caller:
    granted: anyio.Event = field(default_factory=anyio.Event)
    slot: Slot | None = None


@dataclass(eq=False, slots=True)
class _Gate:
    """One rate class: whose turn it is, who waits, and whether somebody sees to them.

    `changed` is set when a call is back.
    """

    turn: Turn
    line: Line[_Caller] = field(default_factory=Line)
    served: bool = False
    changed: anyio.Event = field(default_factory=anyio.Event)


def alone(limits: Mapping[str, int], clock: Callable[[], float] = anyio.current_time) -> dict[str, Turn]:
    """Every rate class for one process that has all of it; `limits` are calls a second."""
    return {rate: Alone(Pace(limit), clock) for rate, limit in limits.items()}


class Budget:
    """The account's calls, by rate class. `tasks` outlives every request; `turns` say when a call may leave."""

    def __init__(self, turns: Mapping[str, Turn], tasks: TaskGroup) -> None:
        self._gates = {rate: _Gate(turn) for rate, turn in turns.items()}
        self._tasks = tasks

    @asynccontextmanager
    async def leave(self, rate: str, asker: Asker) -> AsyncIterator[Slot | None]:
        """Waits for a turn: its slot when it came, None when the deadline did. The call is made within the block."""
        gate = self._gates[rate]
        slot = await self._at_once(gate) or await self._in_line(gate, asker)
        try:
            yield slot
        finally:
            if slot is not None:
                gate.turn.answered(slot)
                gate.changed.set()

    def refused(self, rate: str, seconds: float) -> None:
        """Orb refused a call of that class for being too fast: none leaves for so long."""
        self._gates[rate].turn.refused(seconds)

    def waiting(self, rate: str) -> int:
        """How many calls of a class wait for their turn."""
        return len(self._gates[rate].line)

    @property
    def rates(self) -> tuple[str, ...]:
        return tuple(self._gates)

    def allowed(self, rate: str) -> int:
        """How many calls of a class may leave in a second as things stand; none while Orb wants a pause."""
        return self._gates[rate].turn.allowed

    async def _at_once(self, gate: _Gate) -> Slot | None:
        taken = None if gate.line else await gate.turn.take()
        return taken if isinstance(taken, Slot) else None

    async def _in_line(self, gate: _Gate, asker: Asker) -> Slot | None:
        if gate.turn.paused > asker.deadline:
            return None  # whoever is first in line
        caller = _Caller()
        gate.line.join(caller, asker.priority, asker.customer)
        if not gate.served:
            gate.served = True
            self._tasks.start_soon(self._serve, gate)
        try:
            with anyio.CancelScope(deadline=asker.deadline):
                await caller.granted.wait()
        except anyio.get_cancelled_exc_class():
            if caller.slot is not None:  # it came too late for a caller who has left: nothing was sent
                gate.turn.answered(caller.slot)
            raise
        finally:
            if caller.slot is None:
                gate.line.drop(caller, asker.priority, asker.customer)
        return caller.slot

    async def _serve(self, gate: _Gate) -> None:
        """Lets those in line leave, one by one, until nobody waits."""
        try:
            while gate.line:
                gate.changed = anyio.Event()
                taken = await gate.turn.take()
                if not isinstance(taken, Slot):
                    with anyio.move_on_after(taken):
                        await gate.changed.wait()
                elif gate.line:
                    caller = gate.line.next()
                    caller.slot = taken
                    caller.granted.set()
                else:  # whoever waited left meanwhile
                    gate.turn.answered(taken)
        finally:
            gate.served = False
