// An event stream that carries a token, which the browser's own EventSource cannot. It reads, comes back and gives up as
// that one does.

const AGAIN = 5000; // milliseconds, unless the service has said otherwise
const { CONNECTING, OPEN, CLOSED } = EventSource;

export class Stream extends EventTarget {
  readyState = CONNECTING;
  #address;
  #headers;
  #stop = new AbortController();
  #again = AGAIN;
  #coming;
  #last = ""; // the last message: the service tells what came after it
  #message;

  /** `headers` is asked at each connection what it carries. */
  constructor(address, headers) {
    super();
    this.#address = address;
    this.#headers = headers;
    this.#come();
  }

  close() {
    this.readyState = CLOSED;
    clearTimeout(this.#coming);
    this.#stop.abort();
  }

  async #come() {
    const refused = await this.#listen();
    if (this.readyState === CLOSED) return;
    if (refused) {
      this.close();
    } else {
      this.readyState = CONNECTING;
      this.#coming = setTimeout(() => this.#come(), this.#again);
    }
    this.dispatchEvent(new CustomEvent("error", { detail: refused }));
  }

  /** Reads until the connection ends. Answers the status of what is no stream, and null where it was one. */
  async #listen() {
    const headers = { Accept: "text/event-stream", ...this.#headers() };
    if (this.#last) headers["Last-Event-ID"] = this.#last;
    const options = { headers, cache: "no-store", redirect: "error", signal: this.#stop.signal };
    try {
      const answer = await fetch(this.#address, options);
      const type = answer.headers.get("Content-Type") || "";
      if (answer.status !== 200 || !/^text\/event-stream *(;|$)/i.test(type)) return answer.status;
      this.readyState = OPEN;
      await this.#read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      // It broke, or was closed.
    }
    return null;
  }

  async #read(reader) {
    this.#message = { type: "message", data: [], id: this.#last };
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/); // a \n may follow with the next piece
      rest = lines.pop();
      lines.forEach((line) => this.#take(line));
    }
  }

  #take(line) {
    if (!line) {
      this.#tell();
      return;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "event") this.#message.type = value || "message";
    else if (name === "data") this.#message.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#message.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.#again = Number(value);
  }

  #tell() {
    const { type, data, id } = this.#message;
    this.#message = { type: "message", data: [], id };
    this.#last = id;
    if (data.length && this.readyState === OPEN) {
      this.dispatchEvent(new MessageEvent(type, { data: data.join("\n"), lastEventId: id }));
    }
  }
}
