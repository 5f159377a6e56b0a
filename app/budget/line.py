"""Who waits for leave: by what it is for, then fair among customers."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Priority(IntEnum):
    """What a call is for, in the order in which calls leave."""

    FIRST_PAINT = 0
    REFRESH = 1
    LATE = 2
    BACKGROUND = 3


class Line(Generic[T]):
    """Waiting callers. Within one priority customers take turns, and each customer's calls leave in order."""

    def __init__(self) -> None:
        self._waiting: dict[Priority, OrderedDict[Hashable, deque[T]]] = {each: OrderedDict() for each in Priority}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def join(self, caller: T, priority: Priority, customer: Hashable) -> None:
        self._waiting[priority].setdefault(customer, deque()).append(caller)
        self._count += 1

    def drop(self, caller: T, priority: Priority, customer: Hashable) -> None:
        """A caller that gave up waiting."""
        own = self._waiting[priority][customer]
        own.remove(caller)
        self._count -= 1
        if not own:
            del self._waiting[priority][customer]

    def next(self) -> T:
        """The caller whose turn it is; leaves the line. There is at least one."""
        customers = next(each for each in self._waiting.values() if each)
        customer, own = customers.popitem(last=False)
        caller = own.popleft()
        self._count -= 1
        if own:
            customers[customer] = own  # behind all others
        return caller
