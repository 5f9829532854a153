import type { ServerResponse } from "node:http";

/**
 * The token in the answer to a client whose session has gone. The official client from 1.8.2 on drops it and joins again. Older ones
 * would go on with a new session as though their channels were still joined; with this token they get an error at their next request,
 * and then they join again too.
 */
export const GONE_TOKEN = "rollcall.gone";

/** Answers a poll, once. The status is in the body: the official client does not look at that of HTTP. */
export class PollResponse {
  readonly #response: ServerResponse;
  readonly #token: string;
  readonly #error: (error: unknown) => void;

  constructor(response: ServerResponse, token: string, error: (error: unknown) => void) {
    this.#response = response;
    this.#token = token;
    this.#error = error;
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  /** Calls `listener` if the client goes before it has an answer. */
  onCut(listener: () => void): void {
    this.#response.once("close", () => {
      if (!this.#response.writableEnded) listener();
    });
  }

  /**
   * Answers with messages, given as a JSON array. `settle` is called when they were written, or when the client went before that.
   */
  messages(json: string, settle?: (isWritten: boolean) => void): void {
    if (!this.isOpen) {
      settle?.(false);
      return;
    }
    if (settle !== undefined) this.#response.once("close", () => settle(this.#response.writableFinished));
    this.#send(200, this.#token, json);
  }

  none(): void {
    this.#send(204, this.#token, "[]");
  }

  gone(): void {
    this.#send(410, GONE_TOKEN, "[]");
  }

  #send(status: number, token: string, messages: string): void {
    const body = `{"status":${status},"token":${JSON.stringify(token)},"messages":${messages}}`;
    answering(this.#response, this.#error, () => sendJson(this.#response, body));
  }
}

/**
 * Runs `send`, which answers. A middleware may have replaced methods of the response. If they throw, neither the session nor the process
 * ends: the error is reported, and the client connects again.
 */
export function answering(response: ServerResponse, error: (error: unknown) => void, send: () => void): void {
  try {
    send();
  } catch (thrown) {
    error(thrown);
    response.destroy();
  }
}

/** Answers with a status in the body, as Phoenix does. */
export function sendStatus(response: ServerResponse, status: number): void {
  sendJson(response, `{"status":${status}}`);
}

/** Answers with a new session. */
export function sendToken(response: ServerResponse, token: string): void {
  sendJson(response, `{"status":410,"token":${JSON.stringify(token)},"messages":[]}`);
}

/**
 * Answers with a status that Phoenix does not have. The body is empty, because the official client stops forever at a status in the
 * body that it does not know. Without one it starts again.
 */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: { readonly [name: string]: string } = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...headers, "content-length": "0" }).end();
}

function sendJson(response: ServerResponse, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response
    .writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "max-age=0, private, must-revalidate",
      "content-length": String(Buffer.byteLength(body)),
    })
    .end(body);
}
