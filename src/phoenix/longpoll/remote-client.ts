import { nanoid } from "nanoid";
import type { Clock } from "../../time/clock.ts";
import { IdleWatch } from "../limits/idle-watch.ts";
import type { PollResponse } from "./poll-response.ts";
import type { RelayHeader, RelayLink } from "./relay-link.ts";
import type { SessionRef } from "./session-tokens.ts";

export interface ClientOptions {
  readonly link: RelayLink;
  readonly clock: Clock;
  /** How long a poll waits for messages, and a POST until they are handled, in ms. */
  readonly windowMs: number;
  /** How long the node of a session may take for its first answer, in ms. */
  readonly timeoutMs: number;
  /** How many bytes a client may send through the pub/sub per second. */
  readonly bytesPerSecond: number;
}

/** The status of the answer to a POST: `undefined` if the session has too many already. */
export type PostStatus = 200 | 408 | 410 | undefined;

/** A session of another node, as long as its client comes to this one. */
interface RemoteSession {
  readonly ref: SessionRef;
  poll: Request | undefined;
  posts: number;
  /** Ends when the last message before has been handled. */
  posted: Promise<unknown>;
  nextPollAt: number;
  /** Until when the messages so far use up the bytes that may come per second. */
  paidUntil: number;
}

/** A request that waits for the node of its session. */
interface Request {
  receive(header: RelayHeader, body: Buffer): void;
  /** Answers it without its session. */
  end(): void;
}

/** At most one poll of a session in this time goes through the pub/sub, in ms. */
const POLL_SPACING_MS = 20;
const MAX_POSTS = 4;

/** Passes the polls and messages of clients on to the nodes that have their sessions, through the pub/sub. */
export class RemoteClient {
  readonly #options: ClientOptions;
  readonly #sessions = new Map<string, RemoteSession>();
  readonly #watch: IdleWatch<RemoteSession>;
  readonly #requests = new Map<string, Request>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#watch = new IdleWatch(options.clock, 2 * options.windowMs, (session) => this.#forget(session));
  }

  /** Answers the poll when its session has messages, when it has waited long enough, or when its node doesn't answer. */
  async poll(ref: SessionRef, response: PollResponse): Promise<void> {
    const { link, clock, windowMs, timeoutMs } = this.#options;
    const session = this.#session(ref);
    session.poll?.end();
    const id = nanoid();
    const finish = (): void => {
      cancel();
      this.#requests.delete(id);
      if (session.poll === request) session.poll = undefined;
    };
    const giveUp = (answer: () => void): void => {
      // A poll that was not passed on yet costs no message.
      if (this.#requests.has(id)) link.send(ref.node, { kind: "cancel", id });
      finish();
      answer();
    };
    const request: Request = {
      receive({ kind }, body) {
        if (kind === "taken") {
          cancel();
          cancel = clock.setTimer(() => giveUp(() => response.none()), windowMs);
          return;
        }
        finish();
        if (kind === "answer") {
          link.send(ref.node, { kind: "receipt", id, isDelivered: response.isOpen });
          response.messages(body.toString());
        } else if (kind === "superseded") response.none();
        else response.gone();
      },
      end: () => giveUp(() => response.none()),
    };
    session.poll = request;
    let cancel = (): void => {};
    response.onCut(() => giveUp(() => {}));
    await this.#pause(session.nextPollAt - clock.now());
    if (session.poll !== request) return;
    session.nextPollAt = clock.now() + POLL_SPACING_MS;
    this.#requests.set(id, request);
    cancel = clock.setTimer(() => giveUp(() => response.gone()), timeoutMs);
    link.send(ref.node, { kind: "poll", id, session: ref.session });
  }

  /** Begins to receive a body. Returns a function that must be called when it is handled, or `undefined` if there are too many. */
  beginPost(ref: SessionRef): (() => void) | undefined {
    const session = this.#session(ref);
    if (session.posts >= MAX_POSTS) return undefined;
    session.posts++;
    return () => void session.posts--;
  }

  /** Passes a body on, after those before it, and resolves to the status of the answer. */
  post(ref: SessionRef, body: Buffer, isBatch: boolean): Promise<200 | 408 | 410> {
    const session = this.#session(ref);
    const posted = session.posted.then(() => this.#post(session, body, isBatch));
    session.posted = posted;
    return posted;
  }

  /** Handles a message of another node. */
  receive(from: string, header: RelayHeader, body: Buffer): void {
    const { kind, id } = header;
    if (typeof id !== "string") return;
    const request = this.#requests.get(id);
    if (request !== undefined) request.receive(header, body);
    // The client has another answer already, or has gone. The messages go back to the queue.
    else if (kind === "answer") this.#options.link.send(from, { kind: "receipt", id, isDelivered: false });
  }

  /** Answers the requests that wait: the clients go on at other nodes. */
  close(): void {
    for (const session of this.#sessions.values()) {
      session.poll?.end();
      this.#watch.forget(session);
    }
    for (const request of [...this.#requests.values()]) request.end();
    this.#sessions.clear();
  }

  async #post(session: RemoteSession, body: Buffer, isBatch: boolean): Promise<200 | 408 | 410> {
    const { link, clock, windowMs, timeoutMs, bytesPerSecond } = this.#options;
    await this.#pause(session.paidUntil - clock.now());
    // The bytes of a second may come at once.
    session.paidUntil =
      Math.max(session.paidUntil, clock.now() - 1_000) + (1_000 * body.length) / bytesPerSecond;
    const id = nanoid();
    return new Promise((resolve) => {
      const finish = (status: 200 | 408 | 410): void => {
        cancel();
        this.#requests.delete(id);
        resolve(status);
      };
      this.#requests.set(id, {
        receive({ kind }) {
          cancel();
          if (kind === "taken") cancel = clock.setTimer(() => finish(408), windowMs);
          else finish(kind === "posted" ? 200 : 410);
        },
        end: () => finish(410),
      });
      let cancel = clock.setTimer(() => finish(410), timeoutMs);
      link.send(session.ref.node, { kind: "post", id, session: session.ref.session, isBatch }, body);
    });
  }

  #session(ref: SessionRef): RemoteSession {
    const key = `${ref.node} ${ref.session}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = {
        ref,
        poll: undefined,
        posts: 0,
        posted: Promise.resolve(),
        nextPollAt: 0,
        paidUntil: Number.NEGATIVE_INFINITY,
      };
      this.#sessions.set(key, session);
    }
    this.#watch.touch(session);
    return session;
  }

  #forget({ ref, poll, posts }: RemoteSession): void {
    if (poll === undefined && posts === 0) this.#sessions.delete(`${ref.node} ${ref.session}`);
  }

  #pause(ms: number): Promise<void> | undefined {
    if (ms <= 0) return undefined;
    return new Promise((resolve) => void this.#options.clock.setTimer(resolve, ms));
  }
}
