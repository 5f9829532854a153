import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { onTestFinished } from "vitest";

/** The answer to a request of a client that polls. */
export interface PollAnswer {
  /** The status of HTTP. */
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  /** The status in the body. */
  readonly status?: number;
  readonly token?: string;
  /** The messages, parsed. */
  readonly messages?: unknown[];
}

interface Options {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** Sends a request to `/socket/longpoll` or another path, and reads the answer. */
export async function ask(port: number, path: string, options: Options = {}): Promise<PollAnswer> {
  const { method = "GET", headers = {}, body, signal } = options;
  const sent = request({ ...{ port, path, method, headers }, host: "localhost", ...(signal && { signal }) });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const isJson = answer.headers["content-type"]?.startsWith("application/json") ?? false;
  const { messages, ...rest } = (isJson ? JSON.parse(text) : {}) as { messages?: string[] };
  return {
    code: answer.statusCode!,
    headers: answer.headers,
    ...rest,
    ...(messages && { messages: messages.map((message) => JSON.parse(message)) }),
  };
}

/** A client that polls, without the official client. */
export class PollClient {
  token = "null";
  readonly #port: number;
  readonly #query: string;

  constructor(port: number, query = "vsn=2.0.0") {
    this.#port = port;
    this.#query = query;
  }

  /** The same client, which sends its requests to another node from now on. */
  at(port: number): PollClient {
    const other = new PollClient(port, this.#query);
    other.token = this.token;
    return other;
  }

  get path(): string {
    return `/socket/longpoll?${this.#query}&token=${encodeURIComponent(this.token)}`;
  }

  /** Begins a session. */
  async open(): Promise<this> {
    const answer = await this.poll();
    if (answer.status !== 410) throw new Error(`no session: ${JSON.stringify(answer)}`);
    this.token = answer.token!;
    return this;
  }

  poll(options: Options = {}): Promise<PollAnswer> {
    return ask(this.#port, this.path, options);
  }

  /** Sends messages in one batch, and returns the answer. */
  send(...messages: unknown[]): Promise<PollAnswer> {
    const lines = messages.map((message) =>
      message instanceof Uint8Array
        ? Buffer.from(message).toString("base64")
        : typeof message === "string"
          ? message
          : JSON.stringify(message),
    );
    return this.post(lines.join("\n"));
  }

  post(body: string | Buffer, headers: Options["headers"] = {}): Promise<PollAnswer> {
    const all = { "content-type": "application/x-ndjson", ...headers };
    return ask(this.#port, this.path, { method: "POST", headers: all, body });
  }

  /** Begins to send a body that never ends, and returns the answer. */
  async beginPost(): Promise<IncomingMessage> {
    const headers = { "content-length": "100" };
    const sent = request({
      ...{ port: this.#port, path: this.path, method: "POST", headers },
      host: "localhost",
    });
    sent.on("error", () => {});
    sent.write("[");
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  }

  /** Polls until it has this many messages. */
  async take(count: number): Promise<unknown[]> {
    const taken: unknown[] = [];
    while (taken.length < count) {
      const { status, messages = [] } = await this.poll();
      if (status !== 200 && status !== 204) throw new Error(`polling failed with ${status}`);
      taken.push(...messages);
    }
    return taken;
  }
}

/** Opens a poll that is answered later, and waits until the server has it. */
export function hang(client: PollClient): { readonly answer: Promise<PollAnswer>; cut(): void } {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const answer = client.poll({ signal: controller.signal });
  answer.catch(() => {});
  return { answer, cut: () => controller.abort() };
}
