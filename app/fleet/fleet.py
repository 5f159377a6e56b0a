"""All that a process shares with those beside it, put together."""

from collections.abc import Callable, Mapping
from datetime import datetime

import anyio
from anyio.abc import TaskGroup

from app.budget.turn import Turn
from app.cache.floors import Floors
from app.fleet.answers import Answers
from app.fleet.link import PATIENCE, Link, connect
from app.fleet.news import News
from app.fleet.once import Once
from app.fleet.pace import Together
from app.fleet.peers import Peers
from app.fleet.sealed import Kinds, Seal
from app.secret import Secret


class Fleet:
    """The processes that share the Redis at `url` and the Orb account of `key`.

    `tasks` outlives every request; `limits` are the account's calls a second by rate class; `least` is how many
    processes there are at any rate.
    """

    def __init__(
        self,
        url: Secret,
        key: Secret,
        kinds: Kinds,
        floors: Floors,
        limits: Mapping[str, int],
        tasks: TaskGroup,
        now: Callable[[], datetime],
        least: int = 1,
        clock: Callable[[], float] = anyio.current_time,
        patience: float = PATIENCE,
    ) -> None:
        self._tasks = tasks
        self._channel = connect(url.reveal(), None)
        self._turns: dict[str, Together] = {}
        self.link = Link(connect(url.reveal()), tasks, self._back, patience)
        seal = Seal(key, kinds)
        self._news = News(self._channel, seal.channel, floors, now)
        self.peers = Peers(self.link, seal.account, least)
        self.answers = Answers(self.link, self._news, seal, tasks)
        self.once = Once(now, self.link, seal.account)
        for rate, limit in limits.items():
            self._turns[rate] = Together(rate, limit, self.link, self.peers, seal.account, tasks, clock)

    @property
    def turns(self) -> Mapping[str, Turn]:
        """Who says when a call may leave, by rate class."""
        return self._turns

    def _back(self) -> None:
        self._tasks.start_soon(self.answers.catch_up)
        for turn in self._turns.values():
            turn.back()

    async def start(self) -> None:
        """Joins the others, where Redis is there; else it is waited for, by no request."""
        await self.link.look()
        await self.peers.beat()
        for turn in self._turns.values():
            await turn.begin()
        for task in (self.link.run, self._news.run, self.peers.run):
            self._tasks.start_soon(task)

    async def aclose(self) -> None:
        """After all tasks have ended."""
        await self.link.aclose()
        with anyio.move_on_after(1):
            await self._channel.aclose()
