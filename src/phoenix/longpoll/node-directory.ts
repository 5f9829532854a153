import type { Clock } from "../../time/clock.ts";
import type { RelayHeader, RelayLink } from "./relay-link.ts";
import type { SessionTokens } from "./session-tokens.ts";

const MAX_NODES = 10_000;
/** How many requests may wait for an unknown node to introduce itself. */
const MAX_WAITING = 100;
/** How often this node asks who the others are, at most. */
const ASK_AGAIN_MS = 1_000;

/**
 * Knows the key of each node, with which it signs its tokens. So a forged token of a known node costs no
 * message. This node asks for an unknown one at most once a second, on behalf of all requests together.
 */
export class NodeDirectory {
  readonly #keys = new Map<string, Buffer>();
  /** The nodes that have closed. */
  readonly #gone = new Set<string>();
  readonly #waiting = new Map<string, Set<(key: Buffer | undefined) => void>>();
  readonly #tokens: SessionTokens;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #link: RelayLink | undefined = undefined;
  #waitingCount = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(tokens: SessionTokens, clock: Clock, timeoutMs: number) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Introduces this node to the others, and asks them to do the same. */
  open(link: RelayLink): void {
    this.#link = link;
    this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    this.#link?.sendToAll({ kind: "bye" });
    for (const node of [...this.#waiting.keys()]) this.#resolve(node, undefined);
  }

  /** Handles the messages of other directories. Returns whether this was one. */
  receive(from: string, { kind, key, asks }: RelayHeader): boolean {
    if (kind === "bye") {
      this.#keys.delete(from);
      remember(this.#gone, from);
      this.#resolve(from, undefined);
    } else if (kind === "hello" && typeof key === "string") {
      const bytes = Buffer.from(key, "base64url");
      this.#gone.delete(from);
      this.#keys.delete(from);
      this.#keys.set(from, bytes);
      if (this.#keys.size > MAX_NODES) this.#keys.delete(this.#keys.keys().next().value!);
      this.#resolve(from, bytes);
      if (asks === true) this.#link?.send(from, this.#hello(false));
    } else {
      return false;
    }
    return true;
  }

  /** The key of a node; `undefined` if there is no such node. */
  keyOf(node: string): Buffer | undefined | Promise<Buffer | undefined> {
    const known = this.#keys.get(node);
    if (known !== undefined) return known;
    if (
      this.#gone.has(node) ||
      this.#link === undefined ||
      this.#isClosed ||
      this.#waitingCount >= MAX_WAITING
    )
      return undefined;
    this.#ask();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(node) ?? new Set();
      this.#waiting.set(node, waiting);
      this.#waitingCount++;
      const cancel = this.#clock.setTimer(() => finish(undefined), this.#timeoutMs);
      const finish = (key: Buffer | undefined): void => {
        if (!waiting.delete(finish)) return;
        this.#waitingCount--;
        if (waiting.size === 0) this.#waiting.delete(node);
        cancel();
        resolve(key);
      };
      waiting.add(finish);
    });
  }

  #ask(): void {
    const now = this.#clock.now();
    if (now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    this.#link?.sendToAll(this.#hello(true));
  }

  #hello(asks: boolean): RelayHeader {
    return { kind: "hello", key: this.#tokens.key.toString("base64url"), asks };
  }

  #resolve(node: string, key: Buffer | undefined): void {
    for (const finish of [...(this.#waiting.get(node) ?? [])]) finish(key);
  }
}

function remember(set: Set<string>, text: string): void {
  set.add(text);
  if (set.size > MAX_NODES) set.delete(set.values().next().value!);
}
