// <usage-dashboard src="https://usage.example/embed">: the dashboard inside a page of another site. The page gives the
// token in one of three ways: the property `token`, the function `tokenProvider`, or the attribute `token-url`, an
// address of its own that answers {"token": "…"}. `token = null` ends the session: the frame is emptied, and nobody is
// asked for a token, until the page sets another.

(() => {
  const SANDBOX =
    "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox " +
    "allow-top-navigation-by-user-activation";
  const FIRST = 320; // pixels, until the frame has told its height
  const TALLEST = 50000;
  const PATIENCE = 10000; // milliseconds for a token: one that hangs must not be the last that is asked for

  const late = (stop) =>
    new Promise((_, fail) => {
      setTimeout(() => {
        stop.abort();
        fail(new Error("no token in time"));
      }, PATIENCE);
    });

  class UsageDashboard extends HTMLElement {
    static observedAttributes = ["src", "theme", "cards"];
    #here = false;
    #frame = null;
    #origin = null;
    #ready = false;
    #asking = false;
    #begun = false; // whether a token was asked for or handed in
    #ended = false;
    #session = 0; // goes on when one ends
    #token = null;

    get token() {
      return this.#token;
    }

    set token(token) {
      this.#token = token ?? null;
      // A page that has no token yet may say so: only what has begun can end.
      this.#ended = this.#token === null && (this.#begun || this.#ended);
      if (this.#token !== null) this.#begun = true;
      if (this.#ended) this.#end();
      else if (this.#ready) this.#give(this.#token);
    }

    connectedCallback() {
      if (Object.hasOwn(this, "token")) {
        // It was set before this script had come.
        const { token } = this;
        delete this.token;
        this.token = token;
      }
      this.#here = true;
      window.addEventListener("message", this);
      this.#show();
    }

    disconnectedCallback() {
      this.#here = false;
      window.removeEventListener("message", this);
      this.#clear();
    }

    attributeChangedCallback() {
      if (this.#here) this.#show();
    }

    handleEvent({ source, origin, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) return;
      const { type, height } = Object(data);
      if (type === "orrery:ready") {
        this.#ready = true;
        if (this.#ended) this.#end();
        else this.#provide(this.#token);
      } else if (type === "orrery:renew") {
        this.#provide(null);
      } else if (type === "orrery:height" && Number.isFinite(height)) {
        this.#frame.height = String(Math.min(TALLEST, Math.max(0, Math.ceil(height))));
      }
    }

    #show() {
      this.#clear();
      if (!this.hasAttribute("src")) return;
      const url = new URL(this.getAttribute("src"), document.baseURI);
      if (!["https:", "http:"].includes(url.protocol)) throw new TypeError("src must be an https address");
      if (this.hasAttribute("cards")) url.searchParams.set("cards", this.getAttribute("cards").trim().replace(/\s+/g, ","));
      if (["light", "dark"].includes(this.getAttribute("theme"))) {
        url.searchParams.set("theme", this.getAttribute("theme"));
      }
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", SANDBOX);
      frame.referrerPolicy = "strict-origin";
      frame.title = this.title || "Usage";
      frame.height = String(FIRST);
      // Through the object, not an attribute: the page's policy may know no inline styles.
      Object.assign(frame.style, { display: "block", inlineSize: "100%", border: "0" });
      frame.src = url.href;
      this.#origin = url.origin;
      this.#frame = frame;
      this.append(frame);
    }

    #clear() {
      if (this.#frame) this.#frame.remove();
      this.#frame = null;
      this.#ready = false;
    }

    /** A token for the frame: a fresh one where the page has said how to get it, else the one at hand. */
    async #provide(token) {
      if (this.#asking || this.#ended) return;
      this.#asking = true;
      const [mine, stop] = [this.#session, new AbortController()];
      try {
        const fresh = await Promise.race([this.#fresh(stop.signal), late(stop)]);
        if (mine === this.#session) this.#give(fresh ?? token);
      } catch (error) {
        if (mine === this.#session) this.dispatchEvent(new CustomEvent("orrery:error", { detail: error }));
      } finally {
        if (mine === this.#session) this.#asking = false;
      }
    }

    /** What was asked for before this moment comes too late. */
    #end() {
      this.#session += 1;
      this.#asking = false;
      if (this.#ready) this.#frame.contentWindow.postMessage({ type: "orrery:end" }, this.#origin);
    }

    async #fresh(signal) {
      const provided = typeof this.tokenProvider === "function";
      if (!provided && !this.hasAttribute("token-url")) return null;
      this.#begun = true;
      if (provided) return this.tokenProvider();
      const url = new URL(this.getAttribute("token-url"), document.baseURI);
      if (url.origin !== location.origin) throw new TypeError("token-url must be of this page's own origin");
      const options = { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } };
      const answer = await fetch(url, { ...options, redirect: "error", signal });
      if (!answer.ok) throw new Error(`token-url answered ${answer.status}`);
      const { token } = Object(await answer.json());
      if (typeof token !== "string") throw new TypeError("token-url answered no token");
      return token;
    }

    #give(token) {
      if (!this.#frame) return;
      if (typeof token === "string" && this.#ready) {
        this.#frame.contentWindow.postMessage({ type: "orrery:token", token }, this.#origin);
      } else {
        this.dispatchEvent(new CustomEvent("orrery:renew", { bubbles: true }));
      }
    }
  }

  if (!customElements.get("usage-dashboard")) customElements.define("usage-dashboard", UsageDashboard);
})();
