// The inside of a frame in another site's page. The page around it hands in the token, which is kept in this module
// alone: in no cookie and no storage. All that the dashboard asks for is asked from here, with that token.

import { Stream } from "./stream.js";

const ALLOWED = document.documentElement.dataset.origins.split(" ");
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const LONGEST = 4096;
const PATIENCE = 10000; // how long to wait for the first token, and before the page around is asked once more

let token = null; // what all requests carry
let offered = null; // the last one handed in: it takes the other's place once the service has told whose it is
let viewer = null; // whose figures are shown, by a word of the service's that is the same for all their tokens
let renews = Infinity; // when to ask for another token
let ends = Infinity;
let known = null; // the token of which the two are true
let wanting = false;
let wanted = -Infinity; // when it was asked for last
let shown = false; // whether there are figures on the page
const START = document.documentElement.dataset.start; // the whole dashboard, or the cards that the page around wants
let place = START; // the address of what is shown, or is to be
let first; // gives up waiting for the first token
let turn = 0; // of several pages on their way, the last one asked for comes

// The page around. Where the browser does not say who that is, each that is allowed is written to by name.
const above = location.ancestorOrigins && location.ancestorOrigins[0];
let around = above ? ALLOWED.filter((origin) => origin === above) : ALLOWED;

function tell(message) {
  for (const origin of around) window.parent.postMessage(message, origin);
}

function heard(event) {
  if (event.source !== window.parent || !ALLOWED.includes(event.origin)) return;
  const { type, token: given } = Object(event.data);
  if (type === "orrery:end") forget();
  if (type !== "orrery:token" || typeof given !== "string" || given.length > LONGEST || !TOKEN.test(given)) return;
  around = [event.origin];
  if (given !== offered) take(given);
}

/** A token that comes while figures are shown changes nothing until it is known to be good, and whose it is. */
function take(given) {
  offered = given;
  if (!shown) {
    token = given;
    load(place);
    return;
  }
  send("HEAD", "/", null, given, (request) => {
    if (given !== offered) return;
    if (request.status !== 200) {
      if (request.status !== 401) offered = token; // nobody knows yet whether it is good: it may be handed in again
      return;
    }
    token = given;
    if (learn(request, given)) change();
    else if (!shown) load(place); // the other ended meanwhile
  });
}

/** Notes how long the token lasts. Answers whether the figures on the page are another viewer's. */
function learn(request, used) {
  const left = request.getResponseHeader("Orrery-Seconds-Left");
  if (left === null) return false;
  if (used !== known) {
    ends = Date.now() + left * 1000;
    renews = ends - Math.min(60, left / 2) * 1000;
    wanting = false;
    known = used;
  }
  const before = viewer;
  viewer = request.getResponseHeader("Orrery-Viewer");
  return before !== null && before !== viewer;
}

/** Another viewer's token has come: nothing of the one before stays, not even until the page is there. */
function change() {
  clear();
  load(START);
}

/** Takes the page away: what it listened to ends with it. */
function clear(...instead) {
  shown = false;
  document.body.replaceChildren(...instead);
  document.dispatchEvent(new CustomEvent("orrery:page", { detail: "" }));
}

/** Asks the page around for a token, and again while none comes. */
function want() {
  wanting = true;
  if (Date.now() - wanted < PATIENCE) return;
  wanted = Date.now();
  tell({ type: "orrery:renew" });
}

// By the clock, not by one timer: a computer that slept has missed it.
function watch() {
  if (shown && Date.now() >= ends) end();
  else if (wanting || (token && Date.now() >= renews)) want();
}

function end() {
  conclude();
  want();
}

function conclude() {
  turn += 1;
  document.body.removeAttribute("aria-busy");
  clear(copy("ended"));
}

/** The page around has ended the session: nobody is asked for a token, until one is handed in. */
function forget() {
  clearTimeout(first);
  token = offered = known = viewer = null;
  wanting = false;
  place = START;
  conclude();
}

/** Hears what an EventSource would, which cannot send a token. */
function hear() {
  let used;
  const stream = new Stream("/api/changes", () => ({ Authorization: `Bearer ${(used = token)}` }));
  stream.addEventListener("error", (event) => {
    if (event.detail === 401 && used === token) end();
  });
  return stream;
}

function sign(request, used) {
  request.setRequestHeader("Authorization", `Bearer ${used}`);
  request.setRequestHeader("Orrery-Frame", "1");
  request.addEventListener("loadend", () => {
    if (request.status === 401 && used === token) end();
  });
}

/** The browser parses a page, which never becomes markup from text here; what is no page arrives as a file. */
function send(method, address, body, used, then) {
  const request = new XMLHttpRequest();
  request.open(method, address);
  request.setRequestHeader("Accept", "text/html, */*;q=0.1");
  sign(request, used);
  request.onreadystatechange = () => {
    if (request.readyState !== XMLHttpRequest.HEADERS_RECEIVED) return;
    const isPage = (request.getResponseHeader("Content-Type") || "").startsWith("text/html");
    request.responseType = isPage ? "document" : "blob";
  };
  request.onloadend = () => then(request);
  request.send(body);
}

/** Asks for a page and puts it in the place of this one. `past` is how it stands to the browser's history. */
function load(address, method = "GET", body = null, past = "push") {
  const url = new URL(address, location.origin + place);
  if (url.origin !== location.origin || !token) return;
  const [mine, used] = [(turn += 1), token];
  document.body.setAttribute("aria-busy", "true");
  send(method, url.pathname + url.search, body, used, (request) => {
    if (mine !== turn) return;
    document.body.removeAttribute("aria-busy");
    document.dispatchEvent(new CustomEvent("orrery:settled"));
    if (request.status === 401) {
      if (used !== token) load(address, method, body, past); // it was renewed meanwhile
      return;
    }
    const onward = request.getResponseHeader("Orrery-Onward");
    if (onward) load(onward, "GET", null, past);
    else if (learn(request, used)) change();
    else if (request.response instanceof Document) show(request, url.hash, past);
    else if (request.status === 200 && request.response) save(request);
    else trouble(address);
  });
}

function show(request, fragment, past) {
  const page = request.response;
  const { pathname, search } = new URL(request.responseURL);
  const [focused, here] = [document.hasFocus(), pathname + search];
  if (past === "push" && shown && here !== place) history.pushState({ place: here }, "");
  else if (past === "push") history.replaceState({ place: here }, "");
  place = here;
  shown = true;
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.documentElement.dir = page.documentElement.dir;
  dress(page);
  document.body.replaceChildren(...document.adoptNode(page.body).childNodes);
  suit();
  document.dispatchEvent(new CustomEvent("orrery:page", { detail: fragment }));
  const reached = document.getElementById(fragment.slice(1));
  if (reached) reached.scrollIntoView();
  if (focused) focus(reached || document.querySelector("h1"));
}

/** A token may pick another theme than everybody's. The site around shows its own brand, and may pick the scheme. */
function dress(page) {
  const root = document.documentElement.dataset;
  root.theme = root.picked || page.documentElement.dataset.theme || "auto";
  const [ours, theirs] = [document, page].map((each) => each.getElementById("theme"));
  if (ours && theirs && ours.href !== theirs.href) ours.href = theirs.href;
  page.querySelectorAll(".brand").forEach((each) => each.remove());
}

/** What is of another site opens beside the frame; the sandbox's own way out makes no sense in one. */
function suit() {
  for (const link of document.querySelectorAll("a[href]")) {
    if (link.origin !== location.origin) link.target = "_blank";
  }
  document.querySelectorAll('form[action="/session/end"]').forEach((form) => form.remove());
}

function focus(element) {
  if (!element) return;
  element.tabIndex = -1;
  element.focus();
}

function save(request) {
  const named = /filename="([^"]+)"/.exec(request.getResponseHeader("Content-Disposition") || "");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(request.response);
  link.download = named ? named[1] : "";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function trouble(address) {
  document.querySelectorAll(".trouble").forEach((each) => each.remove());
  const said = copy("trouble").firstElementChild;
  said.classList.add("trouble");
  const { pathname, search } = new URL(address, location.origin + place);
  Object.assign(said.querySelector("a"), { pathname, search });
  const main = document.querySelector("main") || document.body; // nothing is there while another viewer's page comes
  if (shown) main.prepend(said);
  else main.replaceChildren(said);
}

function copy(name) {
  return document.importNode(document.getElementById(name).content, true);
}

/** A link or a form that the browser would follow without the token. A middle button's click is one too. */
function follow(event) {
  const link = event.target.closest("a[href]");
  if (!link || event.button > 1 || link.origin !== location.origin || link.target === "_top") return;
  event.preventDefault();
  const address = link.getAttribute("href");
  if (address.startsWith("#")) document.getElementById(address.slice(1))?.scrollIntoView();
  else load(address);
}

function submit(event) {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const [form, by] = [event.target, event.submitter];
  const action = (by && by.getAttribute("formaction")) || form.getAttribute("action");
  const url = new URL(action, location.origin + place);
  const fields = new URLSearchParams(new FormData(form, by));
  if (form.method === "post") {
    load(url.pathname + url.search + url.hash, "POST", fields);
    return;
  }
  load(`${url.pathname}?${fields}${url.hash}`);
}

function start() {
  window.addEventListener("message", heard);
  document.addEventListener("click", follow);
  document.addEventListener("auxclick", follow);
  document.addEventListener("submit", submit);
  document.addEventListener("orrery:ask", (event) => sign(event.detail, token));
  document.addEventListener("orrery:listen", (event) => (event.detail.open = hear));
  document.addEventListener("visibilitychange", watch);
  window.addEventListener("popstate", (event) => load((event.state && event.state.place) || START, "GET", null, "keep"));
  new ResizeObserver(() => {
    tell({ type: "orrery:height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) });
  }).observe(document.documentElement);
  setInterval(watch, 1000);
  first = setTimeout(() => token || end(), PATIENCE);
  tell({ type: "orrery:ready" });
}

if (window.parent === window) document.querySelector("main").replaceChildren(copy("alone"));
else start();
