import type { IncomingMessage, ServerResponse } from "node:http";
import type { PubSub } from "../../pubsub/pubsub.ts";
import type { SecretOptions } from "../../signing/check-secret.ts";
import type { Clock } from "../../time/clock.ts";
import { type Denial, MALFORMED } from "../connect/denials.ts";
import type { AcceptedClient, Connected, Handshake } from "../connect/handshake.ts";
import { requestUrl } from "../connect/request-url.ts";
import { type RefusedBody, refusedBody } from "../limits/client-refusals.ts";
import { IdleWatch } from "../limits/idle-watch.ts";
import type { Serializer } from "../protocol/serializer.ts";
import { textSerializer } from "../protocol/serializer-text.ts";
import { NodeDirectory } from "./node-directory.ts";
import { answering, GONE_TOKEN, PollResponse, sendEmpty, sendStatus, sendToken } from "./poll-response.ts";
import { PollSession } from "./poll-session.ts";
import { readBody } from "./read-body.ts";
import { RelayLink } from "./relay-link.ts";
import { RemoteClient } from "./remote-client.ts";
import { RemoteHost } from "./remote-host.ts";
import { readToken, type SessionRef, SessionTokens } from "./session-tokens.ts";

export interface LongPollingOptions extends SecretOptions {
  readonly handshake: Handshake;
  readonly pubsub: PubSub | undefined;
  readonly clusterName: string;
  readonly clock: Clock;
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxBytesPerSecond: number;
  /** Called for each new session. */
  readonly accept: (session: PollSession, serializer: Serializer, client: Connected<object>) => void;
  readonly error: (error: unknown) => void;
  /** Leaves a trace of a request that was refused after its client had connected. */
  readonly refused: (refusal: Denial) => void;
}

/** How long a poll waits for messages, in ms. As in Phoenix; the official client gives up after twice this time. */
const WINDOW_MS = 10_000;
/** A session ends when its client has not polled for this time, in ms. As in Phoenix. */
const SESSION_TIMEOUT_MS = 1.5 * WINDOW_MS;
/** How long the node of a session may take to answer, in ms. As in Phoenix. */
const PUBSUB_TIMEOUT_MS = 2_000;
/** For how many seconds the messages of one request may keep the byte rate busy. */
const HANDLING_SECONDS = 5;

/** Serves clients that poll, as Phoenix does: GET asks for messages and begins a session, and POST sends messages. */
export class LongPolling {
  readonly #options: LongPollingOptions;
  readonly #tokens: SessionTokens;
  readonly #sessions = new Map<string, PollSession>();
  readonly #watch: IdleWatch<PollSession>;
  readonly #directory: NodeDirectory;
  readonly #link: RelayLink | undefined;
  readonly #remote: RemoteClient | undefined;
  #subscribed: Promise<void> | undefined = undefined;
  #hasJoined = false;

  constructor(options: LongPollingOptions) {
    this.#options = options;
    this.#tokens = new SessionTokens(options);
    const { pubsub, clusterName, secret, acceptUnsigned, clock, error, maxBytesPerSecond } = options;
    const { node } = this.#tokens;
    this.#watch = new IdleWatch(clock, SESSION_TIMEOUT_MS, (session) => session.terminate());
    this.#directory = new NodeDirectory(this.#tokens, clock, PUBSUB_TIMEOUT_MS);
    if (pubsub === undefined) return;
    const link = new RelayLink({
      ...{ pubsub, clusterName, secret, acceptUnsigned, node, clock, error },
      receive: (from, header, body) => {
        if (this.#directory.receive(from, header)) return;
        host.receive(from, header, body);
        remote.receive(from, header, body);
      },
    });
    const timeoutMs = PUBSUB_TIMEOUT_MS;
    const host = new RemoteHost({
      ...{ link, clock, timeoutMs, error },
      find: (session) => this.#sessions.get(session),
    });
    const remote = new RemoteClient({
      ...{ link, clock, timeoutMs, windowMs: WINDOW_MS, bytesPerSecond: maxBytesPerSecond },
    });
    this.#link = link;
    this.#remote = remote;
  }

  /** Call it when all sessions have ended. Polls of other nodes' sessions are answered. */
  async close(): Promise<void> {
    if (this.#subscribed === undefined) return;
    this.#remote?.close();
    this.#directory.close();
    await this.#link?.unsubscribe();
  }

  /**
   * Subscribes to the messages of other nodes before the first client that polls needs them. Resolves when that is done. If it takes long
   * or fails, this node serves its own sessions without the others.
   */
  async #joinCluster(): Promise<void> {
    const link = this.#link;
    if (link === undefined || this.#hasJoined) return;
    this.#subscribed ??= link.subscribe().then(
      () => {
        this.#hasJoined = true;
        this.#directory.open(link);
      },
      (error) => {
        this.#subscribed = undefined;
        this.#options.error(error);
      },
    );
    let cancel = (): void => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#options.clock.setTimer(resolve, PUBSUB_TIMEOUT_MS);
    });
    await Promise.race([this.#subscribed, timeout]);
    cancel();
  }

  /** Answers a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection that breaks is not an error of the server.
    response.on("error", () => {});
    request.on("error", () => {});
    try {
      // Any page may read the answer, as in Phoenix: whether it may connect is decided by checkOrigin.
      response.setHeader("access-control-allow-origin", "*");
      await this.#answer(request, response);
    } catch (error) {
      this.#options.error(error);
      answering(response, this.#options.error, () => sendEmpty(response, 500));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { searchParams: params } = requestUrl(request);
    const token = params?.get("token") ?? "";
    const ref = token === GONE_TOKEN ? undefined : readToken(token);
    if (request.method === "GET" && ref === undefined && token !== GONE_TOKEN) {
      await this.#connect(request, response);
      return;
    }
    const refusal = await this.#options.handshake.refusalOfOrigin(request);
    if (refusal !== undefined) sendRefusal(response, refusal);
    else if (request.method === "OPTIONS") sendPreflight(request, response);
    else if (params === undefined) this.#refuse(response, MALFORMED);
    else if (request.method === "GET") await this.#poll(ref, response, token);
    else if (request.method === "POST") await this.#post(ref, request, response);
    else sendEmpty(response, 400);
  }

  /** Begins a session, if the client may connect. */
  async #connect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#joinCluster();
    // The client has gone, and would never poll.
    if (response.destroyed) return;
    const answer = (send: () => void): void => answering(response, this.#options.error, send);
    const leave = this.#options.handshake.admit({
      request,
      params: requestUrl({ url: withoutSessionToken(request.url) }).searchParams,
      accept: (accepted, release) => answer(() => this.#begin(response, accepted, release)),
      deny: (status) => answer(() => sendRefusal(response, status)),
    });
    response.once("close", leave);
  }

  #begin(response: ServerResponse, { serializer, client }: AcceptedClient, release: () => void): void {
    const { session: id, token } = this.#tokens.issue();
    const session = new PollSession(id, token, {
      clientId: client.id,
      maxFrameBytes: this.#options.maxFrameBytes,
      watch: this.#watch,
      onEnd: () => {
        this.#sessions.delete(id);
        release();
      },
    });
    this.#sessions.set(id, session);
    this.#options.accept(session, textSerializer(serializer), client);
    sendToken(response, token);
  }

  async #poll(ref: SessionRef | undefined, response: ServerResponse, token: string): Promise<void> {
    // A client of before 1.8.2 whose session is gone: see GONE_TOKEN.
    if (ref === undefined) return sendStatus(response, 500);
    const poll = new PollResponse(response, token, this.#options.error);
    const session = this.#local(ref);
    if (session !== undefined) this.#wait(session, poll);
    else if (await this.#isRemote(ref)) await this.#remote?.poll(ref, poll);
    else poll.gone();
  }

  #wait(session: PollSession, response: PollResponse): void {
    const cancel = this.#options.clock.setTimer(() => {
      session.detach(poll);
      response.none();
    }, WINDOW_MS);
    const poll = {
      deliver(messages: readonly string[], settle: (isDelivered: boolean) => void) {
        cancel();
        response.messages(JSON.stringify(messages), settle);
      },
      supersede() {
        cancel();
        response.none();
      },
      end() {
        cancel();
        response.gone();
      },
    };
    response.onCut(() => {
      cancel();
      session.detach(poll);
    });
    session.attach(poll);
  }

  async #post(
    ref: SessionRef | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const session = ref && this.#local(ref);
    const isKnown = session !== undefined || (ref !== undefined && (await this.#isRemote(ref)));
    if (!isKnown) return sendStatus(response, 410);
    const done = session === undefined ? this.#remote?.beginPost(ref!) : session.beginPost();
    if (done === undefined) return this.#refuseBody(response, "too many", session);
    try {
      // Over its byte rate, what the client sends waits in the network.
      await session?.readable();
      const body = await readBody(request, {
        clock: this.#options.clock,
        maxBytes: this.#maxBodyBytes,
        timeoutMs: WINDOW_MS,
      });
      if (typeof body === "string") {
        if (body !== "cut") this.#refuseBody(response, body, session);
        return;
      }
      const isBatch = isNdjson(request);
      if (session === undefined) sendStatus(response, await this.#remote!.post(ref!, body, isBatch));
      else sendStatus(response, (await session.receive(body, isBatch)) ? 200 : 410);
    } finally {
      done();
    }
  }

  #refuseBody(response: ServerResponse, fault: RefusedBody, session: PollSession | undefined): void {
    const refusal = refusedBody(fault, this.#maxBodyBytes);
    this.#refuse(response, session?.clientId === undefined ? refusal : { ...refusal, id: session.clientId });
  }

  #refuse(response: ServerResponse, refusal: Denial): void {
    sendEmpty(response, refusal.status, { connection: "close" });
    this.#options.refused(refusal);
  }

  get #maxBodyBytes(): number {
    const { maxBufferedBytes, maxBytesPerSecond, maxFrameBytes } = this.#options;
    // The answer comes when all of it is handled, and must come before the client gives up.
    const inTimeBytes = maxBytesPerSecond * HANDLING_SECONDS;
    // A message of bytes is sent as base64.
    return Math.max(Math.min(maxBufferedBytes, inTimeBytes), 4 * Math.ceil(maxFrameBytes / 3));
  }

  #local(ref: SessionRef): PollSession | undefined {
    const isOurs = ref.node === this.#tokens.node && ref.isSignedWith(this.#tokens.keysOf(this.#tokens.key));
    return isOurs ? this.#sessions.get(ref.session) : undefined;
  }

  /** Whether another node issued this token. */
  async #isRemote(ref: SessionRef): Promise<boolean> {
    if (this.#remote === undefined || ref.node === this.#tokens.node) return false;
    await this.#joinCluster();
    const key = await this.#directory.keyOf(ref.node);
    return key !== undefined && ref.isSignedWith(this.#tokens.keysOf(key));
  }
}

/**
 * The URL with the params that the client was made with. It adds the token of its session as the last param, which must not hide a
 * param of the same name.
 */
function withoutSessionToken(url = ""): string {
  const [target = ""] = url.split("#", 1);
  const queryAt = target.indexOf("?");
  if (queryAt < 0) return target;
  const pairs = target.slice(queryAt + 1).split("&");
  const last = pairs.findLastIndex((pair) => pair === "token" || pair.startsWith(TOKEN_PARAM));
  if (last < 0 || !isNoToken(pairs[last]!.slice(TOKEN_PARAM.length))) return target;
  return `${target.slice(0, queryAt)}?${pairs.toSpliced(last, 1).join("&")}`;
}

const TOKEN_PARAM = "token=";

/** Whether this is the text that the official client sends while it has no token. */
function isNoToken(token: string): boolean {
  return token === "null" || token === "" || token === "undefined";
}

function isNdjson(request: IncomingMessage): boolean {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  return type.trim().toLowerCase() === "application/x-ndjson";
}

/** Answers a request that the handshake refused. */
function sendRefusal(response: ServerResponse, status: number): void {
  if (status === 403 || status === 500) sendStatus(response, status);
  else sendEmpty(response, status);
}

/** Answers a preflight request, as Phoenix does: the headers that it asks for are allowed. */
function sendPreflight(request: IncomingMessage, response: ServerResponse): void {
  sendEmpty(response, 200, {
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "",
    "access-control-allow-methods": "get, post, options",
    "access-control-max-age": "3600",
  });
}
