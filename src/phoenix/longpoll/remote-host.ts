import type { Clock } from "../../time/clock.ts";
import type { Poll, PollSession } from "./poll-session.ts";
import type { RelayHeader, RelayLink } from "./relay-link.ts";

export interface HostOptions {
  readonly link: RelayLink;
  readonly clock: Clock;
  /** How long the other node may take to confirm a delivery, in ms. */
  readonly timeoutMs: number;
  readonly find: (session: string) => PollSession | undefined;
  readonly error: (error: unknown) => void;
}

/** Serves the sessions of this node to the polls and messages that clients sent to other nodes. */
export class RemoteHost {
  readonly #options: HostOptions;
  readonly #polls = new Map<string, RemotePoll>();

  constructor(options: HostOptions) {
    this.#options = options;
  }

  receive(from: string, header: RelayHeader, body: Buffer): void {
    const { kind, id, session: sessionId } = header;
    if (typeof id !== "string") return;
    const key = `${from} ${id}`;
    const session = typeof sessionId === "string" ? this.#options.find(sessionId) : undefined;
    if (kind === "poll") this.#poll(key, from, id, session);
    else if (kind === "post") void this.#post(from, id, session, body, header["isBatch"] === true);
    else if (kind === "cancel") this.#polls.get(key)?.cancel();
    else if (kind === "receipt") this.#polls.get(key)?.settle(header["isDelivered"] === true);
  }

  #poll(key: string, to: string, id: string, session: PollSession | undefined): void {
    const { link, clock, timeoutMs } = this.#options;
    if (session === undefined) {
      link.send(to, { kind: "gone", id });
      return;
    }
    link.send(to, { kind: "taken", id });
    const poll = new RemotePoll({ link, clock, timeoutMs, to, id, session }, () => this.#polls.delete(key));
    this.#polls.set(key, poll);
    session.attach(poll);
  }

  async #post(
    to: string,
    id: string,
    session: PollSession | undefined,
    body: Buffer,
    isBatch: boolean,
  ): Promise<void> {
    const { link } = this.#options;
    const done = session?.beginPost();
    if (session === undefined || done === undefined) {
      link.send(to, { kind: "gone", id });
      return;
    }
    link.send(to, { kind: "taken", id });
    let isOpen = false;
    try {
      isOpen = await session.receive(body, isBatch);
    } catch (error) {
      this.#options.error(error);
    } finally {
      done();
    }
    link.send(to, { kind: isOpen ? "posted" : "gone", id });
  }
}

interface RemotePollOptions {
  readonly link: RelayLink;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly to: string;
  readonly id: string;
  readonly session: PollSession;
}

/** A poll that waits on another node. */
class RemotePoll implements Poll {
  readonly #options: RemotePollOptions;
  readonly #onEnd: () => void;
  #settle: ((isDelivered: boolean) => void) | undefined = undefined;
  #cancelTimer: (() => void) | undefined = undefined;

  constructor(options: RemotePollOptions, onEnd: () => void) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  deliver(messages: readonly string[], settle: (isDelivered: boolean) => void): void {
    const { link, clock, timeoutMs, to, id, session } = this.#options;
    this.#settle = settle;
    // Without a receipt, the client may have the messages or not. Only a new session can tell it what it missed.
    this.#cancelTimer = clock.setTimer(() => {
      this.#onEnd();
      session.terminate();
    }, timeoutMs);
    link.send(to, { kind: "answer", id }, Buffer.from(JSON.stringify(messages)));
  }

  supersede(): void {
    this.#end("superseded");
  }

  end(): void {
    this.#end("gone");
  }

  /** The other node has given its client another answer, or the client has gone. */
  cancel(): void {
    if (this.#settle !== undefined) return;
    this.#onEnd();
    this.#options.session.detach(this);
  }

  settle(isDelivered: boolean): void {
    if (this.#settle === undefined) return;
    this.#cancelTimer?.();
    this.#onEnd();
    this.#settle(isDelivered);
  }

  #end(kind: string): void {
    const { link, to, id } = this.#options;
    this.#onEnd();
    link.send(to, { kind, id });
  }
}
