import { once } from "node:events";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { type CountStore, createCountStore } from "../../src/client/count-store.ts";

/** Reads an article as a page does, without a browser: over a socket, with a count store. */
export class ArticleReader {
  readonly #socket: WebSocket;
  readonly #store: CountStore<"readers"> = createCountStore<"readers">();

  static async open(url: string, slug: string): Promise<ArticleReader> {
    const reader = new ArticleReader(new WebSocket(`${url.replace("http", "ws")}/live/articles/${slug}`));
    await once(reader.#socket, "open");
    return reader;
  }

  /** Tests call `open`. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    // A test that kills the server breaks this connection.
    socket.on("error", () => {});
    socket.on("message", (text) => {
      const { message } = JSON.parse(String(text));
      // Without a message, it is the text for the footer.
      if (message) this.#store.receive(message);
    });
  }

  async waitForCount(number: number): Promise<void> {
    await waitUntil(
      () => this.#count === number,
      () => `${this.#socket.url} to show ${number}; it shows ${this.#count}`,
    );
  }

  close(): void {
    this.#socket.terminate();
  }

  get #count(): number | undefined {
    return this.#store.getSnapshot()?.readers.count;
  }
}
