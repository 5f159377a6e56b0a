// The page is whole without this file. With it the stamp keeps ticking, cards that were late come by themselves, those
// that change while the page is open are renewed, and every chart can be walked through day by day.

const SPANS = { minute: 60, hour: 3600, day: 86400 };

/** Makes a page live: once as it is loaded, and inside a frame whenever frame.js has put another in its place. */
function begin(fragment) {
  const notice = document.querySelector(".notice");
  if (notice && fragment === `#${notice.id}`) {
    notice.classList.add("told");
    // The notice is of this load alone: the next one does not find its fragment in the address.
    if (location.hash === fragment) history.replaceState(history.state, "", location.pathname + location.search);
  }
  // An older answer that a newer one could not replace in time is asked for once more, quietly.
  document.querySelectorAll("[data-late], [data-stale]").forEach((card) => fill(card));
  lay(document);
  tick();
  attend();
}

/** "Updated 3 minutes ago", from the oldest age among the cards; never negative. */
function tick() {
  const stamp = document.querySelector("[data-stamp]");
  const ages = [...document.querySelectorAll("[data-as-of]")].map((card) => Date.parse(card.dataset.asOf));
  if (!stamp || !ages.length) return;
  const seconds = Math.max(0, (Date.now() - Math.min(...ages)) / 1000);
  const unit = ["day", "hour", "minute"].find((name) => seconds >= SPANS[name]);
  const count = unit ? Math.floor(seconds / SPANS[unit]) : 0;
  // What is said of each age, by plural form, in the words of the page's own language.
  const forms = JSON.parse(stamp.dataset.ages)[unit || "now"];
  const plural = new Intl.PluralRules(document.documentElement.lang);
  stamp.textContent = (forms[plural.select(count)] || forms.other).replace("{n}", count);
  stamp.title = new Date(Math.min(...ages)).toLocaleString();
}

const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";
const asked = {}; // by card: what was asked for last is what counts

/** Whose page it is may come late too, with any card. */
function name(page) {
  const named = page && page.querySelector(".identity:not([data-nameless])");
  const nameless = document.querySelector(".identity[data-nameless]");
  if (named && nameless) nameless.replaceWith(document.adoptNode(named));
}

/**
 * Asks for one card. The browser parses the page it is on: text never becomes markup here. What a person has opened
 * stays open, and the focus where it is. One that is renewed stays as it was where that fails.
 */
function fill(card) {
  const renewed = card.dataset.status !== "late";
  const request = new XMLHttpRequest();
  asked[card.id] = request;
  request.open("GET", card.dataset.again);
  request.responseType = "document";
  document.dispatchEvent(new CustomEvent("orrery:ask", { detail: request })); // a frame signs it with its token
  request.onloadend = () => {
    if (asked[card.id] !== request) return;
    if (card.matches(":active")) {
      setTimeout(request.onloadend, 50); // a link that went away while it is pressed would not be followed
      return;
    }
    const found = request.status === 200 && request.response && request.response.getElementById(card.id);
    name(request.response);
    if (!found || (renewed && found.dataset.status === "failed")) {
      card.removeAttribute("aria-busy");
      return;
    }
    const focus = [...card.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    const focused = card.contains(document.activeElement);
    const day = document.activeElement.value;
    const fresh = document.adoptNode(found);
    if (renewed) {
      const were = card.querySelectorAll("details");
      fresh.querySelectorAll("details").forEach((each, place) => (each.open = were[place] ? were[place].open : each.open));
    }
    card.replaceWith(fresh);
    lay(fresh);
    if (focused) {
      const same = renewed && fresh.querySelectorAll(FOCUSABLE)[focus];
      if (same && same.matches(".way")) same.value = day;
      if (!same) fresh.tabIndex = -1;
      (same || fresh).focus({ preventScroll: true });
    }
    tick();
  };
  request.send();
}

/** One answer tells of each card as it has settled; that card is then asked for, and what failed stays as it was. */
function refresh(form, button) {
  const request = new XMLHttpRequest();
  const settled = new Set();
  let [read, end] = [0, {}];
  button.setAttribute("aria-disabled", "true"); // not `disabled`, which would lose the focus
  document.querySelectorAll(".card").forEach((card) => card.setAttribute("aria-busy", "true"));
  request.open("POST", form.getAttribute("action"));
  request.setRequestHeader("Accept", "application/x-ndjson");
  document.dispatchEvent(new CustomEvent("orrery:ask", { detail: request }));
  request.onprogress = () => {
    const lines = request.responseText.slice(read).split("\n");
    read += request.responseText.length - read - lines.pop().length;
    for (const line of lines) {
      const told = JSON.parse(line);
      const card = document.getElementById(told.card);
      if (told.done) end = told;
      if (!card) continue;
      settled.add(told.card);
      fill(card);
    }
  };
  request.onloadend = () => {
    if (request.status === 401 && window.parent === window) location.reload(); // to where one signs in
    document.querySelectorAll(".card[data-again]").forEach((card) => settled.has(card.id) || fill(card));
    finish(button, end);
  };
  request.send();
}

/** Says how the refresh went, and keeps the button for as long as another one would change nothing. */
function finish(button, { complete, said, seconds = 0, wait = "", notes }) {
  const notice = document.querySelector(".notice");
  notice.classList.toggle("told", !complete);
  document.querySelector(".said").textContent = said || notice.textContent;
  if (notes) note(notes);
  button.title = wait;
  setTimeout(() => {
    button.removeAttribute("aria-disabled");
    button.title = "";
  }, seconds * 1000);
}

function note(notes) {
  const aside = document.querySelector(".notes");
  aside.hidden = !notes.length;
  aside.replaceChildren(
    ...notes.map(({ kind, text }) => Object.assign(document.createElement("p"), { className: kind, textContent: text })),
  );
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form.refresh")) {
    event.preventDefault();
    const button = form.querySelector("button");
    if (!button.hasAttribute("aria-disabled")) refresh(form, button);
  }
  // A query takes its seconds: the card says so while the answer is on its way. A file leaves the page as it is.
  if (form.matches("form.runs") && (!event.submitter || event.submitter.name !== "format")) {
    form.closest(".card").setAttribute("aria-busy", "true");
  }
});

/** What is still there, or there again from the browser's back-forward cache, is busy no longer. */
function settle() {
  document.querySelectorAll(".card:not([data-late])").forEach((card) => card.removeAttribute("aria-busy"));
}

const make = (name, className) => Object.assign(document.createElement(name), { className });
const tip = make("div", "tip");
const band = make("div", "band");
tip.ariaHidden = "true"; // the range says the same
const text = (element) => element.textContent.replace(/[ \n]+/g, " ").trim();

function span(...parts) {
  const found = make("span", "");
  found.append(...parts);
  return found;
}

function copy(cell) {
  return span(...cell.cloneNode(true).childNodes);
}

function hide() {
  tip.remove();
  band.remove();
}

/**
 * Lays a range over the days of each chart: one way through it for pointer, touch, keyboard and screen reader. All that
 * it says is copied from the table behind the chart.
 */
function lay(within) {
  within.querySelectorAll(".plot").forEach((plot) => {
    // The column of this chart, where the table is that of several; the name of prices that are one from the sixth on.
    const { column, others } = plot.dataset;
    const part = plot.closest("article");
    const rows = [...part.querySelectorAll("tr[data-at]")].filter((row) => !column || text(row.cells[column]));
    if (!rows.length) return;
    const picture = plot.querySelector(".bars");
    const wide = 1000 / picture.querySelector("svg").viewBox.baseVal.width; // a day, in percent
    const places = rows.map((row) => Number(row.dataset.at));
    const [first, last] = [Math.min(...places), Math.max(...places)];
    const days = last - first + 1;
    const way = Object.assign(make("input", "way"), { type: "range", min: first, max: last, value: last });
    way.ariaLabel = picture.getAttribute("aria-label");
    way.style.marginLeft = `${wide * first}%`;
    way.style.width = `${wide * days}%`;
    way.style.setProperty("--day", `${100 / days}%`); // the thumb's width: it stands where the day does

    /** The day of a row, and its figures: a line each. */
    function lines(row) {
      const heads = [...row.closest("table").tHead.rows[0].cells];
      const sum = heads.findIndex((head) => head.className === "sum");
      const keys = part.querySelectorAll(".legend rect");
      return [...row.cells].flatMap((cell, n) => {
        const price = n < sum;
        if (!text(cell) || (column && n && n !== Number(column)) || (others && price && n > 6)) return [];
        const found = make("p", heads[n].className);
        const key = price && keys[n - 1];
        found.append(key ? key.parentNode.cloneNode(true) : "");
        if (others && n === 6) found.append(span(others), " ", span(row.dataset.others));
        else found.append(n && !column ? copy(heads[n]) : "", " ", copy(cell));
        return [found];
      });
    }

    /** What is told of the chosen day, or of the last one before that has a row. */
    function read() {
      const place = Math.max(...places.filter((each) => each <= way.value));
      const told = rows.filter((row, n) => places[n] === place).flatMap(lines);
      way.setAttribute("aria-valuetext", told.map(text).join(", "));
      return told;
    }

    function show() {
      tip.replaceChildren(...read());
      tip.dir = document.documentElement.dir;
      tip.style.left = 0;
      band.style.marginLeft = `${wide * way.value}%`;
      band.style.width = `${wide}%`;
      plot.append(band, tip);
      const room = plot.clientWidth - tip.offsetWidth;
      const after = band.offsetLeft + band.offsetWidth + 8;
      const left = after > room ? band.offsetLeft - 8 - tip.offsetWidth : after;
      tip.classList.toggle("under", left < 0);
      tip.style.left = `${left < 0 ? Math.min(band.offsetLeft, room) : left}px`;
    }

    function point(event) {
      const box = way.getBoundingClientRect();
      way.value = first + Math.floor(((event.clientX - box.left) / box.width) * days);
      show();
    }

    read();
    picture.ariaHidden = "true";
    picture.querySelectorAll("rect").forEach((day) => day.remove()); // they say the same to who has no script
    plot.append(way);
    ["input", "focus"].forEach((each) => way.addEventListener(each, show));
    ["pointerdown", "pointermove"].forEach((each) => way.addEventListener(each, point));
    way.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    way.addEventListener("blur", hide);
  });
}

document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
window.addEventListener("pageshow", settle);
document.addEventListener("orrery:settled", settle);
document.addEventListener("orrery:page", (event) => begin(event.detail));
document.addEventListener("visibilitychange", tick);
setInterval(tick, 15000);

// The service tells which cards are others now. A page that nobody looks at for a minute gives its connection back,
// and is renewed when somebody does.
const REST = 60000;
const RENEWED = "[data-again]";
let stream = null;
let resting;

function renew(named) {
  document.querySelectorAll(RENEWED).forEach((card) => {
    if (!named || named.includes(card.id)) fill(card);
  });
}

/** Listens where there is a card that may be renewed, and nowhere else. */
function attend() {
  rest();
  if (document.querySelector(RENEWED)) listen();
  look();
}

function listen() {
  const way = { open: () => new EventSource("/api/changes") };
  document.dispatchEvent(new CustomEvent("orrery:listen", { detail: way })); // a frame has one that carries its token
  const mine = way.open();
  mine.addEventListener("changed", (event) => renew(JSON.parse(event.data).cards));
  // After an answer that is no stream, from a proxy perhaps, the browser does not try again by itself.
  mine.addEventListener("error", () => {
    if (stream !== mine || mine.readyState !== EventSource.CLOSED) return;
    stream = null;
    clearTimeout(resting);
    resting = setTimeout(look, REST);
  });
  stream = mine;
}

function rest() {
  if (stream) stream.close();
  stream = null;
}

function look() {
  clearTimeout(resting);
  if (document.hidden) {
    resting = setTimeout(rest, REST);
  } else if (!stream && document.querySelector(RENEWED)) {
    listen();
    renew();
  }
}

document.addEventListener("visibilitychange", look);
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", (event) => event.persisted && look());
begin(location.hash);
