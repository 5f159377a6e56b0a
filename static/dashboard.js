// The page is whole without this file. With it the stamp keeps ticking, and cards that were late come by themselves.

const SPANS = { minute: 60, hour: 3600, day: 86400 };

/** Makes a page live: once as it is loaded, and inside a frame whenever frame.js has put another in its place. */
function begin(fragment) {
  const notice = document.querySelector(".notice");
  if (notice && fragment === `#${notice.id}`) {
    notice.classList.add("told");
    // The notice is of this load alone: the next one does not find its fragment in the address.
    if (location.hash === fragment) history.replaceState(history.state, "", location.pathname + location.search);
  }
  document.querySelectorAll("[data-late]").forEach(fill);
  tick();
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

/** Asks for one late card. The browser parses the page it is on: text never becomes markup here. */
function fill(card) {
  const request = new XMLHttpRequest();
  request.open("GET", card.dataset.late);
  request.responseType = "document";
  document.dispatchEvent(new CustomEvent("orrery:ask", { detail: request })); // a frame signs it with its token
  request.onloadend = () => {
    const found = request.status === 200 && request.response && request.response.getElementById(card.id);
    if (!found) {
      card.removeAttribute("aria-busy");
      return;
    }
    const focused = card.contains(document.activeElement);
    const fresh = document.adoptNode(found);
    card.replaceWith(fresh);
    if (focused) {
      fresh.tabIndex = -1;
      fresh.focus();
    }
    tick();
  };
  request.send();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form.refresh")) {
    form.querySelector("button").disabled = true;
    document.querySelectorAll(".card").forEach((card) => card.setAttribute("aria-busy", "true"));
  }
  // A query takes its seconds: the card says so while the answer is on its way. A file leaves the page as it is.
  if (form.matches("form.runs") && (!event.submitter || event.submitter.name !== "format")) {
    form.closest(".card").setAttribute("aria-busy", "true");
  }
});

/** What is still there, or there again from the browser's back-forward cache, is busy no longer. */
function settle() {
  const button = document.querySelector("form.refresh button");
  if (button) button.disabled = false;
  document.querySelectorAll(".card:not([data-late])").forEach((card) => card.removeAttribute("aria-busy"));
}

window.addEventListener("pageshow", settle);
document.addEventListener("orrery:settled", settle);
document.addEventListener("orrery:page", (event) => begin(event.detail));
document.addEventListener("visibilitychange", tick);
setInterval(tick, 15000);
begin(location.hash);
