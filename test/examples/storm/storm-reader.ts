import { WebSocket } from "ws";
import { type CountStore, createCountStore } from "../../../src/client/count-store.ts";

/** A page without a browser. It follows the counts as the page's script does. */
export class StormReader {
  readonly slug: string | undefined;
  readonly #socket: WebSocket;
  readonly #stores = new Map<string, CountStore<"readers">>();

  /** Opens an article, or the front page without a slug. Resolves after the first message: then the page is counted. */
  static async open(url: string, slug?: string): Promise<StormReader> {
    const path = slug === undefined ? "/live/" : `/live/articles/${slug}`;
    const reader = new StormReader(new WebSocket(url.replace("http", "ws") + path), slug);
    await new Promise((resolve, reject) => {
      reader.#socket.once("message", resolve);
      reader.#socket.once("error", reject);
    });
    return reader;
  }

  constructor(socket: WebSocket, slug: string | undefined) {
    this.#socket = socket;
    this.slug = slug;
    socket.on("message", (data) => {
      const { slug, message } = JSON.parse(String(data));
      // It is the text for the footer.
      if (!message) return;
      if (!this.#stores.has(slug)) this.#stores.set(slug, createCountStore<"readers">());
      this.#stores.get(slug)!.receive(message);
    });
  }

  get counts(): Map<string, number> {
    return new Map(Array.from(this.#stores, ([slug, store]) => [slug, store.getSnapshot()!.readers.count]));
  }

  async leave(how: "closes" | "is cut off"): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    if (how === "closes") this.#socket.close();
    else this.#socket.terminate();
    await closed;
  }
}
