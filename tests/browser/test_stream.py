"""The stream that carries a token reads, comes back and gives up as the browser's own EventSource does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.framing import pass_until
from tests.browser.host import Host, hosting

SCRIPT = Path(__file__).parents[2] / "static" / "stream.js"
# Opens a stream or an EventSource, and answers what is told until the connection ends.
READ = """
async ([kind, named]) => {
  const { Stream } = await import("/stream.js");
  const stream = kind === "ours" ? new Stream("/events", () => ({})) : new EventSource("/events");
  const told = [];
  for (const name of ["message", ...named]) {
    stream.addEventListener(name, ({ type, data, lastEventId }) => told.push([type, data, lastEventId]));
  }
  await new Promise((done) => stream.addEventListener("error", done));
  const state = stream.readyState;
  stream.close();
  return [told, state];
}
"""
# An answer that comes in pieces of so many bytes.
PIECES = """
([bytes, size]) => {
  const places = Array.from({ length: Math.ceil(bytes.length / size) }, (_, place) => place * size);
  const piece = (place) => Uint8Array.from(bytes.slice(place, place + size));
  const pull = (into) => (places.length ? into.enqueue(piece(places.shift())) : into.close());
  const headers = { "Content-Type": "text/event-stream" };
  window.fetch = async () => new Response(new ReadableStream({ pull }), { headers });
}
"""
BODIES = [
    "data: one\n\ndata: two\n\n",
    "event: changed\nid: 7\ndata: {}\n\n",
    "event: changed\ndata: {}\n\ndata: of no name again\n\n",
    "data: a\ndata: b\ndata\ndata:\n\n",
    "data:no blank\n\ndata:  two blanks\n\n",
    ":a comment\n\n: another\ndata: x\n:\n\n",
    "id: 1\n\ndata: x\n\nid\ndata: y\n\n",
    "id: 1\ndata: x\n\nid: a\0b\ndata: y\n\n",
    "retry: 5000\nretry: never\nretry: -1\ndata: x\n\n",
    "event: changed\n\ndata: x\n\n",
    "event\ndata: x\n\nevent:\ndata: y\n\n",
    "odd: x\nDATA: x\n data: x\ndata : x\n\n",
    "data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\r\n",
    "\ufeffdata: marked\n\n\ufeffdata: not again\n\n",
    "data: 北京 \u2028 \x85 é\n\n",
    "data: whole\n\ndata: broken off",
    "data: whole\n\ndata: broken off\n",
    "data: whole\n\nid: 9\n",
    "",
]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as found:
        found.pages["/"] = "<title>x</title>"
        found.scripts["/stream.js"] = SCRIPT.read_text()
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser, host: Host) -> Iterator[Page]:
    with browser.new_context() as context:
        found = context.new_page()
        found.goto(host.url)
        yield found


@pytest.fixture(autouse=True)
def _unrouted(page: Page) -> Iterator[None]:
    yield
    page.unroute_all()


def read(page: Page, kind: str) -> Any:
    return page.evaluate(READ, [kind, ["changed"]])


@pytest.mark.parametrize("body", BODIES, ids=ascii)
def test_it_reads_what_an_event_source_reads(page: Page, body: str) -> None:
    page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body=body.encode()))

    assert read(page, "ours") == read(page, "theirs")


@pytest.mark.parametrize("body", BODIES, ids=ascii)
def test_it_reads_the_same_whatever_the_pieces_in_which_it_comes(page: Page, body: str) -> None:
    page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body=body.encode()))
    whole = read(page, "ours")
    page.evaluate("window.ours = window.fetch")
    for size in (1, 2, 3):
        page.evaluate(PIECES, [list(body.encode()), size])
        assert read(page, "ours") == whole
    page.evaluate("window.fetch = window.ours")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 204},
        {"status": 404, "content_type": "text/event-stream", "body": "data: x\n\n"},
        {"status": 502, "content_type": "text/html", "body": "x"},
        {"status": 200, "content_type": "text/html", "body": "data: x\n\n"},
        {"status": 200, "content_type": "text/event-streams", "body": "data: x\n\n"},
        {"status": 200, "content_type": "text/event-stream; charset=utf-8", "body": "data: x\n\n"},
        {"status": 200, "content_type": "TEXT/Event-Stream;charset=UTF-8", "body": "data: x\n\n"},
        {"abort": True},
    ],
    ids=str,
)
def test_it_gives_up_where_an_event_source_does(page: Page, answer: dict[str, Any]) -> None:
    page.route("**/events", lambda route: route.abort() if "abort" in answer else route.fulfill(**answer))

    assert read(page, "ours") == read(page, "theirs")


def test_it_follows_to_no_other_site(page: Page, host: Host) -> None:
    host.asked.clear()
    elsewhere = host.url.replace("localhost", "127.0.0.1")
    page.route("**/events", lambda route: route.fulfill(status=302, headers={"Location": f"{elsewhere}/thief"}))

    assert read(page, "ours") == [[], 0]
    assert not any(path == "/thief" for path, _ in host.asked)


def test_it_comes_back_when_it_was_told_to_and_says_what_it_has_heard(browser: Browser, host: Host) -> None:
    asked: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers)
        body = f"retry: 20000\nid: {len(asked)}\ndata: x\n\nid: never whole\ndata: y\n"
        route.fulfill(content_type="text/event-stream", body=body)

    with browser.new_context() as context:
        page = context.new_page()
        page.goto(host.url)
        page.route("**/events", answer)
        page.clock.install()
        page.evaluate(
            """async () => {
              const { Stream } = await import("/stream.js");
              window.count = 0;
              window.states = [];
              window.stream = new Stream("/events", () => ({ Authorization: `Bearer ${(window.count += 1)}` }));
              stream.addEventListener("error", () => states.push(stream.readyState));
            }"""
        )
        pass_until(page, lambda: page.evaluate("states.length") == 1)
        page.clock.run_for(10_000)
        assert page.evaluate("count") == 1
        pass_until(page, lambda: page.evaluate("states.length") == 3)
        page.evaluate("stream.close()")
        page.clock.run_for(60_000)
        page.evaluate("fetch('/')")  # what was asked for before it is known by now

        assert page.evaluate("states") == [0, 0, 0]
        assert [each.get("last-event-id") for each in asked] == [None, "1", "2"]
        assert [each["authorization"] for each in asked] == ["Bearer 1", "Bearer 2", "Bearer 3"]


def test_one_that_is_closed_tells_nothing_more(page: Page) -> None:
    page.route("**/events", lambda route: route.fulfill(content_type="text/event-stream", body="data: x\n\n" * 3))
    told = page.evaluate(
        """async () => {
          const { Stream } = await import("/stream.js");
          const told = [];
          await new Promise((done) => {
            const stream = new Stream("/events", () => ({}));
            stream.addEventListener("error", () => told.push("error"));
            stream.addEventListener("message", () => {
              told.push("message");
              stream.close();
              fetch("/").then(done);
            });
          });
          return told;
        }"""
    )

    assert told == ["message"]
