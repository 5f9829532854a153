const shortestMs = 250;
const longestMs = 8_000;

/** A WebSocket that is opened again when it was lost. There is never a second one beside it: each is counted as a reader. */
export class ReconnectingSocket {
  onState: (isLive: boolean) => void = () => {};
  readonly #url: string;
  readonly #receive: (text: string) => void;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = shortestMs;

  constructor(url: string, receive: (text: string) => void) {
    this.#url = url;
    this.#receive = receive;
    // A page that is left may be kept by the browser, and be shown again by "back" without being loaded.
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("online", () => this.#timer !== undefined && this.open());
  }

  open(): void {
    this.close();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      // Not when it opens: a server that accepts and closes at once is not to be asked four times a second.
      this.#pauseMs = shortestMs;
      this.onState(true);
      this.#receive(data);
    };
    socket.onclose = () => {
      this.onState(false);
      // By chance, so that after a restart not all pages come at the same moment.
      this.#timer = setTimeout(() => this.open(), this.#pauseMs * (0.5 + Math.random() / 2));
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestMs);
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#socket === undefined) return;
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#socket.close();
    this.#socket = undefined;
  }

  /** Closes, and opens a moment later. */
  renew(): void {
    this.#socket?.close();
  }
}
