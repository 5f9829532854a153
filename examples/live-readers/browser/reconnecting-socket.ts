const minBackoffMs = 250;
const maxBackoffMs = 8_000;

/** A WebSocket that reconnects. It has one connection at a time, because the server counts each one as a reader. */
export class ReconnectingSocket {
  onState: (isLive: boolean) => void = () => {};
  readonly #url: string;
  readonly #receive: (text: string) => void;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #backoffMs = minBackoffMs;

  constructor(url: string, receive: (text: string) => void) {
    this.#url = url;
    this.#receive = receive;
    // A browser may keep a page that the user leaves, and show it again on "back" without loading it.
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("online", () => this.#timer !== undefined && this.open());
  }

  open(): void {
    this.close();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      // Not when the socket opens: a server that accepts and closes at once would get four connections a second.
      this.#backoffMs = minBackoffMs;
      this.onState(true);
      this.#receive(data);
    };
    socket.onclose = () => {
      this.onState(false);
      // Jitter, so that not all pages reconnect at the same moment after a restart.
      this.#timer = setTimeout(() => this.open(), this.#backoffMs * (0.5 + Math.random() / 2));
      this.#backoffMs = Math.min(2 * this.#backoffMs, maxBackoffMs);
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

  /** Closes the connection, and reconnects after the backoff. */
  renew(): void {
    this.#socket?.close();
  }
}
