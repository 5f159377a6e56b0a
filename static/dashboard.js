// The page is whole without this file. With it the stamp keeps ticking, and cards that were late come by themselves.

const SPANS = { minute: 60, hour: 3600, day: 86400 };
const stamp = document.querySelector("[data-stamp]");
// What is said of each age, by plural form, in the words of the page's own language.
const SAID = stamp && JSON.parse(stamp.dataset.ages);
const plural = new Intl.PluralRules(document.documentElement.lang);

// The notice is of this load alone: the next one does not find its fragment in the address.
const notice = document.querySelector(".notice");
if (notice && location.hash === `#${notice.id}`) {
  notice.classList.add("told");
  history.replaceState(null, "", location.pathname + location.search);
}

/** "Updated 3 minutes ago", from the oldest age among the cards; never negative. */
function tick() {
  const ages = [...document.querySelectorAll("[data-as-of]")].map((card) => Date.parse(card.dataset.asOf));
  if (!stamp || !ages.length) return;
  const seconds = Math.max(0, (Date.now() - Math.min(...ages)) / 1000);
  const unit = ["day", "hour", "minute"].find((name) => seconds >= SPANS[name]);
  const count = unit ? Math.floor(seconds / SPANS[unit]) : 0;
  const forms = SAID[unit || "now"];
  stamp.textContent = (forms[plural.select(count)] || forms.other).replace("{n}", count);
  stamp.title = new Date(Math.min(...ages)).toLocaleString();
}

/** Asks for one late card. The browser parses the page it is on: text never becomes markup here. */
function fill(card) {
  const request = new XMLHttpRequest();
  request.open("GET", card.dataset.late);
  request.responseType = "document";
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

document.querySelectorAll("[data-late]").forEach(fill);
tick();
setInterval(tick, 15000);
document.addEventListener("visibilitychange", tick);

const form = document.querySelector("form.refresh");
if (form) {
  form.addEventListener("submit", () => {
    form.querySelector("button").disabled = true;
    document.querySelectorAll(".card").forEach((card) => card.setAttribute("aria-busy", "true"));
  });
  // A page taken from the browser's back-forward cache shows the button as it was left.
  window.addEventListener("pageshow", () => {
    form.querySelector("button").disabled = false;
    document.querySelectorAll(".card:not([data-late])").forEach((card) => card.removeAttribute("aria-busy"));
  });
}

// A query takes its seconds: the card says so while the answer is on its way. A file leaves the page as it is.
document.querySelectorAll("form.runs").forEach((query) => {
  query.addEventListener("submit", (event) => {
    if (!event.submitter || event.submitter.name !== "format") query.closest(".card").setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => query.closest(".card").removeAttribute("aria-busy"));
});
