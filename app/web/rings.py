"""Where the public keys come from: a file, or a URL that is asked now and then, and never because of a known key."""

from collections.abc import Callable

import anyio
import httpx
from anyio.abc import TaskGroup

from app import log
from app.orb import body
from app.orb.errors import Malformed, TooLarge
from app.web.keys import MOST_BYTES, BadKeys, Key, Keys, read
from app.web.reread import Reread

PATIENCE = 3.0
_EVERY, _AGAIN = 600.0, 60.0  # after a good answer, and after a bad one
_REST = 30.0  # so long nobody's token makes us ask again
_GOOD_FOR = 86400.0


class FiledKeys(Reread[Keys]):
    """The keys in the file at `path`, as it is now."""

    age = 0.0

    def __init__(self, path: str) -> None:
        """Raises BadFile."""
        super().__init__("ORRERY_VIEWER_JWKS", path, read, MOST_BYTES)

    @property
    def keys(self) -> Keys:
        return self.says

    def find(self, kid: str | None) -> Key | None:
        return self.says.find(kid)

    async def ask(self) -> Keys:
        return self.says

    async def learn(self, kid: str | None) -> None:
        """Nothing: the file is looked at anyhow."""

    async def aclose(self) -> None:
        """Nothing is open."""


class PublishedKeys:
    """The keys at a URL. Where it fails, those that it last had are good for a day."""

    def __init__(self, url: str, wire: httpx.AsyncBaseTransport, now: Callable[[], float]) -> None:
        """`wire` is for this alone: it carries no key of Orb's, and waits for none of its limits."""
        self._url = url
        self._wire = wire
        self._now = now
        self._keys = Keys()
        self._had = self._asked = float("-inf")
        self._under_way: anyio.Event | None = None
        self._tasks: TaskGroup
        self.sound = False

    @property
    def keys(self) -> Keys:
        """Those that are good just now."""
        return self._keys if self.age <= _GOOD_FOR else Keys()

    @property
    def age(self) -> float:
        """How long ago they were had, in seconds."""
        return self._now() - self._had

    def find(self, kid: str | None) -> Key | None:
        return self.keys.find(kid)

    async def ask(self) -> Keys:
        """Those that are there now. Raises BadKeys."""
        return await fetch(self._url, self._wire)

    async def start(self, tasks: TaskGroup) -> None:
        """Asks once, and every ten minutes from then on."""
        self._tasks = tasks
        await self.renew()
        tasks.start_soon(self._watch)

    async def learn(self, kid: str | None) -> None:
        """Waits for new keys where there is none of that name, and it may be that there is one by now."""
        if self.find(kid) is not None or (kid is None and self.keys.usable):
            return
        if self._under_way is None and 0 <= self._now() - self._asked < _REST:
            return
        await self.renew()

    async def renew(self) -> None:
        """Asks for the keys, or waits with those who did; where it fails they stay what they were."""
        if self._under_way is None:
            self._under_way = anyio.Event()
            self._asked = self._now()
            # In a task of its own: whoever asked first may leave, and the others wait on.
            self._tasks.start_soon(self._renew, self._under_way)
        await self._under_way.wait()

    async def _renew(self, done: anyio.Event) -> None:
        try:
            found = await self.ask()
        except BadKeys as error:
            self.sound = False
            log.error("viewer keys", why=str(error), kept=len(self.keys.usable))
        except Exception as error:
            self.sound = False
            log.bug("viewer keys", error)
        else:
            if found != self._keys:
                log.info("viewer keys", usable=len(found.usable), passed_over=found.passed_over)
            self._keys, self._had, self.sound = found, self._now(), True
        finally:
            self._under_way = None
            done.set()

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(_EVERY if self.sound else _AGAIN)
            await self.renew()

    async def aclose(self) -> None:
        await self._wire.aclose()


async def fetch(url: str, wire: httpx.AsyncBaseTransport) -> Keys:
    """The keys at that URL, where they are had in time. Raises BadKeys."""
    request = httpx.Request("GET", url, headers={"Accept": "application/json", "Accept-Encoding": "identity"})
    try:
        with anyio.fail_after(PATIENCE):
            return read(await _read(await wire.handle_async_request(request)))
    except TimeoutError:
        raise BadKeys(f"it took longer than {PATIENCE:g} seconds") from None
    except httpx.HTTPError as error:
        raise BadKeys(f"it cannot be reached ({type(error).__name__})") from None
    except TooLarge:
        raise BadKeys(f"it is larger than {MOST_BYTES} bytes") from None
    except Malformed:
        raise BadKeys("what it answered is compressed in a way that cannot be read") from None


async def _read(response: httpx.Response) -> bytearray:
    try:
        if response.status_code != 200:
            raise BadKeys(f"it answered {response.status_code}")
        return await body.read(response, MOST_BYTES)
    finally:
        await response.aclose()
