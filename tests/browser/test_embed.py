"""The element <usage-dashboard> in a page of another site: what it takes from whom, and how it gets a token."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Visit, until
from tests.browser.framing import elsewhere, ended, figure, give, pass_slowly, pass_until, times, token
from tests.browser.host import Host
from tests.running import Running

# What the element says of itself, and what it does with the height of its frame.
NOTES = """
const element = document.querySelector("usage-dashboard");
window.errors = [];
window.wishes = 0;
window.heights = [];
element.addEventListener("orrery:error", (event) => errors.push(String(event.detail)));
element.addEventListener("orrery:renew", () => (wishes += 1));
new MutationObserver((all) => all.forEach(({ target }) => heights.push(target.height))).observe(element, {
  attributeFilter: ["height"],
  subtree: true,
});
"""


def errors(page: Page) -> list[str]:
    found: list[str] = page.evaluate("errors")
    return found


def settled(page: Page) -> None:
    """Waits until the frame waits for its token; from then on its height is the same, and is noted."""
    expect(page.frame_locator("iframe").get_by_text("Your figures are on their way.")).to_be_visible()
    until(page, lambda: page.evaluate("heights.length > 0 && wishes > 0"))
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate("heights.length = 0")


def tell(page: Page, message: str) -> None:
    """Sends a message, an expression of JavaScript, to the page from inside the dashboard's frame."""
    page.frames[1].evaluate(f"() => parent.postMessage({message}, '*')")


# By what the frame says of its height: what comes of it, None for nothing.
HEIGHTS = {
    "500": "500",
    "499.2": "500",
    "-0.5": "0",
    "-5": "0",
    "-1e308": "0",
    "50001": "50000",
    "1e308": "50000",
    "NaN": None,
    "Infinity": None,
    "-Infinity": None,
    "'500'": None,
    "'500px'": None,
    "[500]": None,
    "{ valueOf: 500 }": None,
    "new Number(500)": None,
    "10n": None,
    "true": None,
    "null": None,
    "undefined": None,
}


def noted(page: Page, message: str) -> list[str]:
    """Sends a message and then a height, and gives the heights that came of the two."""
    page.evaluate("heights.length = 0")
    tell(page, message)
    tell(page, "{ type: 'orrery:height', height: 777 }")
    until(page, lambda: page.evaluate("heights.at(-1)") == "777")
    found: list[str] = page.evaluate("heights")
    return found


def test_only_a_height_that_is_one_is_taken_and_none_without_end(visit: Visit) -> None:
    with visit("", script=NOTES) as (page, _):
        settled(page)
        found = {height: noted(page, f"{{ type: 'orrery:height', height: {height} }}") for height in HEIGHTS}
        assert found == {height: [*filter(None, [taken]), "777"] for height, taken in HEIGHTS.items()}


OTHERS = (
    "null", "undefined", "'orrery:height'", "7", "[]", "{}", "{ height: 5 }", "{ type: 'height', height: 5 }",
    "{ type: ['orrery:height'], height: 5 }", "{ type: 'ORRERY:HEIGHT', height: 5 }",
    "{ type: { toString: 'orrery:height' }, height: 5 }", "{ type: 'orrery:token', token: 'a.b.c', height: 5 }",
    "{ type: 'orrery:end' }", "new Map([['type', 'orrery:renew']])", "new Error('orrery:renew')",
)  # fmt: skip


def test_a_message_of_another_type_does_nothing(visit: Visit) -> None:
    with visit("", script=NOTES) as (page, _):
        settled(page)
        wishes = page.evaluate("wishes")
        assert {message: noted(page, message) for message in OTHERS} == {message: ["777"] for message in OTHERS}
        assert page.evaluate("[wishes, errors]") == [wishes, []]


# Each is run in the host's page, and sends MESSAGES to it from somebody who is not the dashboard's frame.
STRANGERS = {
    "the page itself": "MESSAGES.forEach((each) => postMessage(each, '*'))",
    "a frame beside it": "await frame('/other')",
    "a frame of another site": "await frame('ELSEWHERE/other')",
    "a frame of the dashboard's own site": """
        const other = document.createElement('iframe');
        other.src = 'SERVICE/embed';
        document.body.append(other);
        await new Promise((done) => (other.onload = done));
    """,
    "an event with the names of the frame but of this page's making": """
        const data = { get type() { throw new Error('looked'); } };
        const source = document.querySelector('iframe').contentWindow;
        dispatchEvent(new MessageEvent('message', { data, source, origin: location.origin }));
        dispatchEvent(new MessageEvent('message', { data, source: window, origin: 'SERVICE' }));
        dispatchEvent(new MessageEvent('message', { data, origin: 'SERVICE' }));
        dispatchEvent(new MessageEvent('message', { data }));
    """,
}
MESSAGES = [{"type": "orrery:height", "height": 5}, {"type": "orrery:ready"}, {"type": "orrery:renew"}]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_nobody_but_the_frame_is_heard(visit: Visit, host: Host, service: Running, stranger: str) -> None:
    with visit("", script=NOTES) as (page, _):
        settled(page)
        wishes = page.evaluate("wishes")
        host.headers = {}
        host.pages["/other"] = "<script src=/other.js></script>"
        host.scripts["/other.js"] = f"""
            {json.dumps(MESSAGES)}.forEach((each) => parent.postMessage(each, "*"));
            parent.postMessage("sent", "*");
        """
        code = STRANGERS[stranger].replace("ELSEWHERE", elsewhere(host)).replace("SERVICE", service.url)
        page.evaluate(
            """async (MESSAGES) => {
              const frame = async (address) => {
                const other = document.createElement("iframe");
                other.src = address;
                document.body.append(other);
                await new Promise((done) => addEventListener("message", ({ data }) => data === "sent" && done()));
              };
              CODE
            }""".replace("CODE", code),
            MESSAGES,
        )
        tell(page, "{ type: 'orrery:height', height: 777 }")
        until(page, lambda: page.evaluate("heights.at(-1)") == "777")
        assert page.evaluate("heights") == ["777"]
        assert page.evaluate("[wishes, errors]") == [wishes, []]


def test_a_token_goes_to_the_origin_of_src_and_to_no_other(visit: Visit, host: Host) -> None:
    """Even where the frame has gone somewhere else."""
    host.token = token()
    with visit(expected=("Failed to execute 'postMessage'",)) as (page, frame):
        figure(frame)
        host.headers = {}
        host.pages["/thief"] = "<p>nobody of yours</p><script src=/thief.js></script>"
        host.scripts["/thief.js"] = f"""
            window.stolen = [];
            addEventListener("message", ({{ data }}) => stolen.push(data));
            {json.dumps(MESSAGES)}.forEach((each) => parent.postMessage(each, "*"));
        """
        page.evaluate("(url) => { document.querySelector('iframe').src = url; }", f"{elsewhere(host)}/thief")
        expect(frame.get_by_text("nobody of yours")).to_be_visible()
        give(page, token(ttl=600))
        give(page, None)
        page.evaluate("document.querySelector('iframe').contentWindow.postMessage('last', '*')")
        until(page, lambda: "last" in page.frames[1].evaluate("stolen"))
        assert page.frames[1].evaluate("stolen") == ["last"]
        assert times(host, "/token") == 1


ADDRESSES = [
    "javascript:parent.ran=1", "JavaScript:parent.ran=1", " javascript:parent.ran=1", "java&#9;script:parent.ran=1",
    "data:text/html,x", "blob:https://usage.example/x", "file:///etc/passwd", "about:blank", "ftp://usage.example/",
    "//", "https://[", "http://",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_no_site_is_not_framed(visit: Visit, address: str) -> None:
    with visit(src=address, expected=("src must be an https address", "Invalid URL")) as (page, _):
        assert page.evaluate("[document.querySelectorAll('iframe').length, window.ran]") == [0, None]


@pytest.mark.parametrize("address", ["javascript:parent.ran=1", "data:text/html,x", "https://["])
def test_an_address_that_becomes_none_takes_the_frame_away(visit: Visit, host: Host, address: str) -> None:
    host.token = token()
    with visit(expected=("src must be an https address", "Invalid URL")) as (page, frame):
        figure(frame)
        page.evaluate("(url) => document.querySelector('usage-dashboard').setAttribute('src', url)", address)
        assert page.evaluate("[document.querySelectorAll('iframe').length, window.ran]") == [0, None]


def test_a_token_url_of_another_site_is_not_asked(visit: Visit, host: Host) -> None:
    host.token = token()
    for address in (f"{elsewhere(host)}/token", "//another.example/token", "data:application/json,{}", "javascript:1"):
        with visit(f'token-url="{address}"', script=NOTES) as (page, _):
            until(page, lambda: errors(page) != [])
            assert errors(page) == ["TypeError: token-url must be of this page's own origin"]
            assert times(host, "/token") == 0


# What an address of the host's may answer instead of a token, and what is said of it.
ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "a redirect to another site": ({"status": 302, "headers": {"Location": "ELSEWHERE/token"}}, "TypeError"),
    "a redirect": ({"status": 302, "headers": {"Location": "/elsewhere"}}, "TypeError"),
    "a page": ({"content_type": "text/html", "body": "<h1>Sign in</h1>"}, "SyntaxError"),
    "nothing": ({"status": 204}, "SyntaxError"),
    "a failure": ({"status": 500, "body": '{"token": "a.b.c"}'}, "Error: token-url answered 500"),
    "a number": ({"json": {"token": 5}}, "TypeError: token-url answered no token"),
    "no token": ({"json": {"token": None}}, "TypeError: token-url answered no token"),
    "a list": ({"json": ["a.b.c"]}, "TypeError: token-url answered no token"),
    "null": ({"content_type": "application/json", "body": "null"}, "TypeError: token-url answered no token"),
    "a text": ({"json": "a.b.c"}, "TypeError: token-url answered no token"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_token_url_that_answers_no_token_is_an_error_and_is_asked_again(visit: Visit, host: Host, name: str) -> None:
    answer, said = ANSWERS[name]
    answer = json.loads(json.dumps(answer).replace("ELSEWHERE", elsewhere(host)))
    host.token = token()
    routes = {"**/token": lambda route: route.fulfill(**answer)}
    with visit(script=NOTES, clock=True, routes=routes, refused=500, expected=("net::ERR_FAILED",)) as (page, frame):
        until(page, lambda: errors(page) != [])
        assert errors(page)[0].startswith(said)
        pass_until(page, frame.get_by_role("heading", name="Your session has ended").is_visible)
        assert page.evaluate("wishes") == 0
        page.unroute("**/token")
        pass_until(page, frame.locator(".bill .figure").first.is_visible)
        assert times(host, "/elsewhere") == 0


# TOKEN is one that is good; the first time the provider gives something else.
PROVIDERS = {
    "never": "new Promise(() => {})",
    "a refusal": "Promise.reject(new Error('refused'))",
    "an error": "(() => { throw new Error('broken'); })()",
    "a number": "5",
    "nothing": "undefined",
    "a promise of an object": "Promise.resolve({ token: TOKEN })",
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_gives_no_token_is_asked_again(visit: Visit, name: str) -> None:
    script = f"""{NOTES}
        const TOKEN = {json.dumps(token())};
        let first = true;
        element.tokenProvider = () => {{
          if (!first) return TOKEN;
          first = false;
          return {PROVIDERS[name]};
        }};
    """
    with visit("", script=script, clock=True) as (page, frame):
        pass_until(page, frame.locator(".bill .figure").first.is_visible)
        assert len(errors(page)) + page.evaluate("wishes") > 0


def test_a_token_url_that_hangs_is_given_up_and_asked_again(visit: Visit, host: Host) -> None:
    host.token = token()
    held: list[Route] = []
    with visit(script=NOTES, clock=True, routes={"**/token": lambda route: held.insert(0, route)}) as (page, frame):
        until(page, lambda: held != [])
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/token")):
            pass_until(page, lambda: errors(page) != [])
        assert errors(page)[0] == "Error: no token in time"
        page.unroute("**/token")
        pass_until(page, frame.locator(".bill .figure").first.is_visible)


def test_a_renewal_that_hangs_costs_the_figures_nothing(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit(script=NOTES, clock=True) as (page, frame):
        figure(frame)
        frame.locator(".spend .part summary").first.click()
        held: list[Route] = []
        page.route("**/token", lambda route: held.insert(0, route), times=1)
        host.token = token(ttl=1200)
        proved: list[int] = []
        page.on("response", lambda response: proved.append(response.status) if is_proof(response.request) else None)
        page.clock.run_for(830_000)
        pass_until(page, lambda: proved == [200])
        assert len(held) == 1
        assert set(errors(page)) == {"Error: no token in time"}  # once more for each second that a busy host takes
        pass_slowly(page, 60)
        expect(frame.locator(".spend .part table").first).to_be_visible()  # as it was opened


def is_proof(request: Request) -> bool:
    return request.method == "HEAD"


def test_a_session_that_ends_while_a_token_is_on_its_way_has_ended(visit: Visit, host: Host) -> None:
    host.token = token()
    script = f"""{NOTES}
        window.asked = 0;
        element.tokenProvider = () => {{
          window.asked += 1;
          return new Promise((done) => (window.late = () => done({json.dumps(token())})));
        }};
    """
    with visit("", script=script) as (page, frame):
        until(page, lambda: page.evaluate("typeof late === 'function'"))
        give(page, None)
        ended(frame)
        signed: list[Request] = []
        page.on("request", lambda request: signed.append(request) if "authorization" in request.headers else None)
        page.evaluate("late()")
        tell(page, "{ type: 'orrery:renew' }")
        tell(page, "{ type: 'orrery:height', height: 777 }")
        until(page, lambda: page.evaluate("heights.at(-1)") == "777")
        ended(frame)
        assert (signed, page.evaluate("asked")) == ([], 1)
        give(page, token("lumen"))
        expect(frame.get_by_text("Lumen")).to_be_visible()
        assert page.evaluate("errors") == []


@pytest.mark.parametrize("nothing", ["null", "undefined"])
def test_a_session_that_ends_before_the_frame_is_there_has_ended(visit: Visit, nothing: str) -> None:
    script = f"""{NOTES}
        window.told = [];
        addEventListener("message", ({{ data }}) => told.push(data.type));
        element.token = {json.dumps(token())};
        element.token = {nothing};
    """
    with visit("", script=script, clock=True) as (page, frame):
        ended(frame)
        pass_slowly(page, 30)
        assert page.evaluate("[document.querySelector('usage-dashboard').token, wishes]") == [None, 0]
        assert "orrery:renew" not in page.evaluate("told")  # nor does the frame wait for a token


def test_a_session_that_has_ended_stays_so_in_another_frame(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit() as (page, frame):
        figure(frame)
        give(page, None)
        ended(frame)
        page.evaluate("document.body.append(document.querySelector('usage-dashboard'))")
        ended(frame)
        assert times(host, "/token") == 1


def test_no_token_yet_is_no_end(visit: Visit, host: Host) -> None:
    """As frameworks set a property: first to nothing."""
    host.token = token()
    # Another element: that of the page may have begun before its script has come.
    nothing = "const another = element.cloneNode(); another.token = null; another.token = undefined;"
    with visit(script=f"{NOTES} {nothing} element.replaceWith(another);") as (_, frame):
        figure(frame)
    with visit("", script=f"{NOTES} element.token = null;") as (page, frame):
        settled(page)
        give(page, None)
        give(page, token())
        figure(frame)
