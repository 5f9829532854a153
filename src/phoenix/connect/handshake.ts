import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { checkArgument } from "../../checks/check-argument.ts";
import type { Clock } from "../../time/clock.ts";
import type { Promised } from "../async/promised.ts";
import type { ReportRefusal } from "../error-origin.ts";
import { type ConnectionLimits, ConnectionSlots } from "../limits/connection-slots.ts";
import type { Serializer } from "../protocol/serializer.ts";
import { serializerV1 } from "../protocol/serializer-v1.ts";
import { serializerV2 } from "../protocol/serializer-v2.ts";
import { withoutAuthToken } from "./auth-token.ts";
import { type CheckOrigin, originCheck } from "./check-origin.ts";
import {
  CLOSING,
  type Denial,
  DISCONNECTED,
  failed,
  foreignOrigin,
  MALFORMED,
  overLimit,
  REFUSED,
  tooSlow,
  unknownVersion,
} from "./denials.ts";
import { PendingDisconnects } from "./pending-disconnects.ts";
import { PendingUpgrade } from "./pending-upgrade.ts";
import { requestUrl } from "./request-url.ts";
import { refuse } from "./upgrades.ts";

/**
 * The result of `connect` that accepts a client.
 *
 * @example
 * const alice: Connected<{ userId: string }> = { assigns: { userId: "42" }, id: "users:42" };
 */
export interface Connected<Assigns extends object = Record<string, unknown>> {
  /** The data of the client, which handlers find in `socket.assigns`. Each channel gets a shallow copy. */
  readonly assigns: Assigns;
  /** The id for `endpoint.disconnect`. Many sockets may have the same id. */
  readonly id?: string | undefined;
}

/**
 * The result of `connect` that refuses a client.
 *
 * @example
 * const refused: Refused = false;
 */
export type Refused = false | null | undefined;

/** The part of the endpoint's options that a handshake needs. */
export interface HandshakeOptions extends ConnectionLimits {
  readonly connect: (
    params: URLSearchParams,
    request: IncomingMessage,
  ) => Promised<Connected<object> | Refused>;
  readonly checkOrigin: CheckOrigin;
  readonly connectTimeoutMs: number;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly maxFrameBytes: number;
  readonly clock: Clock;
}

/** A client that may connect. */
export interface AcceptedClient {
  readonly client: Connected<object>;
  readonly serializer: Serializer;
}

/** What is known about a client that waits: which of our functions runs, and whether the result is still wanted. */
interface Waiting {
  during: "checkOrigin" | "connect";
  isOver: boolean;
}

/** A client that wants to connect, over any transport. At most one of the methods is called, once. */
export interface Applicant {
  readonly request: IncomingMessage;
  /** `undefined` if they are malformed. */
  readonly params: URLSearchParams | undefined;
  /** Takes the client in. Call `release` when its connection has ended: it gives its place back. */
  accept(accepted: AcceptedClient, release: () => void): void;
  /** Answers the client with this status. */
  deny(status: number): void;
}

type OnAccept = (socket: WebSocket, serializer: Serializer, client: Connected<object>) => void;

/**
 * Accepts or refuses clients, whether they come with an upgrade request or poll: by the page they come from, the version they ask for,
 * how many there are, and what `connect` returns.
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #isOriginAllowed: (request: IncomingMessage) => Promised<boolean>;
  readonly #report: ReportRefusal;
  readonly #onAccept: OnAccept;
  readonly #upgrader: WebSocketServer;
  readonly #slots: ConnectionSlots;
  readonly #disconnects = new PendingDisconnects();
  /** For each client that waits, the function that refuses it because the endpoint closes. */
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(options: HandshakeOptions, report: ReportRefusal, onAccept: OnAccept) {
    this.#options = options;
    this.#isOriginAllowed = originCheck(options.checkOrigin);
    this.#report = report;
    this.#onAccept = onAccept;
    this.#slots = new ConnectionSlots(options);
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // The connection sends the pongs itself: they must not pile up for a client that does not read.
      autoPong: false,
      maxPayload: options.maxFrameBytes,
      // The response must not echo an auth token, which is another protocol that the client offers.
      handleProtocols: (protocols) => protocols.has("phoenix") && "phoenix",
    });
  }

  /** Refuses the clients that wait for `connect`, and all that come later. */
  close(): void {
    this.#isClosed = true;
    for (const refuseWaiting of this.#waiting) refuseWaiting();
  }

  /** Refuses the clients that wait for `connect` and then get this id. */
  disconnect(id: string): void {
    this.#disconnects.disconnect(id);
  }

  /** Answers an upgrade request, sooner or later. Never throws. */
  answer(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const upgrade = new PendingUpgrade(connection, head, this.#options.maxFrameBytes, () => {
      upgrade.release();
      leave();
    });
    const leave = this.admit({
      request,
      params: requestUrl(request).searchParams,
      accept: (accepted, release) => this.#upgrade(request, connection, upgrade.release(), accepted, release),
      deny(status) {
        upgrade.release();
        refuse(connection, status);
      },
    });
  }

  /** Decides about a client, sooner or later. Never throws. Returns the function to call if the client goes before that. */
  admit({ request, params, accept, deny }: Applicant): () => void {
    const refuseWith = (denial: Denial): void => {
      deny(denial.status);
      this.#report(denial);
    };
    const slot = this.#isClosed ? CLOSING : this.#takeSlot(request);
    if (typeof slot !== "function") {
      refuseWith(slot);
      return () => {};
    }
    const { clock, connectTimeoutMs } = this.#options;
    const waiting: Waiting = { during: "checkOrigin", isOver: false };
    const pendingConnect = this.#disconnects.begin();
    /** The first outcome counts: the decision, the end of the client, the timeout, or the end of the endpoint. */
    const settle = (outcome: AcceptedClient | Denial | typeof GONE): void => {
      if (waiting.isOver) return;
      waiting.isOver = true;
      const wasDisconnected = "client" in outcome && pendingConnect.wasDisconnected(outcome.client.id);
      pendingConnect.end();
      cancel();
      this.#waiting.delete(close);
      if ("client" in outcome && !wasDisconnected) {
        accept(outcome, slot);
        return;
      }
      slot();
      if (wasDisconnected) refuseWith(DISCONNECTED);
      else if ("status" in outcome) refuseWith(outcome);
    };
    const close = (): void => settle(CLOSING);
    const cancel = clock.setTimer(() => settle(tooSlow(waiting.during, connectTimeoutMs)), connectTimeoutMs);
    this.#waiting.add(close);
    void this.#decide(request, params, waiting).then(settle);
    return () => settle(GONE);
  }

  /**
   * Checks the page again for a later request of a client that was accepted. Resolves to the status of the refusal, if there is one.
   * Never rejects.
   */
  refusalOfOrigin(request: IncomingMessage): Promise<number | undefined> {
    const { clock, connectTimeoutMs } = this.#options;
    return new Promise((resolve) => {
      let isOver = false;
      const settle = (denial: Denial | undefined): void => {
        if (isOver) return;
        isOver = true;
        cancel();
        if (denial !== undefined) this.#report(denial);
        resolve(denial?.status);
      };
      const cancel = clock.setTimer(() => settle(tooSlow("checkOrigin", connectTimeoutMs)), connectTimeoutMs);
      void this.#denialOfOrigin(request).then(settle);
    });
  }

  async #denialOfOrigin(request: IncomingMessage): Promise<Denial | undefined> {
    try {
      return (await this.#isOriginAllowed(request)) ? undefined : foreignOrigin(request.headers.origin);
    } catch (error) {
      return failed(error, "checkOrigin");
    }
  }

  /** Takes a place for a connection, before any of your functions but `addressOf` runs. */
  #takeSlot(request: IncomingMessage): (() => void) | Denial {
    const { addressOf } = this.#options;
    try {
      const slot = this.#slots.take(() => {
        const address = addressOf(request);
        checkArgument("addressOf()", address, typeof address === "string", "a string", "Have it return one.");
        return address;
      });
      return typeof slot === "function" ? slot : overLimit(slot, this.#options[slot]);
    } catch (error) {
      return failed(error, "upgrade");
    }
  }

  /** Returns the accepted client, or the refusal. */
  async #decide(
    request: IncomingMessage,
    params: URLSearchParams | undefined,
    waiting: Waiting,
  ): Promise<AcceptedClient | Denial> {
    if (params === undefined) return MALFORMED;
    const foreign = await this.#denialOfOrigin(request);
    if (foreign !== undefined) return foreign;
    try {
      const serializer = serializerFor(params.get("vsn"));
      if (serializer === undefined) return unknownVersion(params.get("vsn"));
      waiting.during = "connect";
      const client = await this.#options.connect(params, request);
      if (client) assertConnected(client);
      return client ? { client, serializer } : REFUSED;
    } catch (error) {
      return failed(error, waiting.during);
    }
  }

  /** Opens the WebSocket, and gives the place back when it has closed. */
  #upgrade(
    request: IncomingMessage,
    connection: Duplex,
    early: Buffer,
    { client, serializer }: AcceptedClient,
    slot: () => void,
  ): void {
    let isOpen = false;
    try {
      this.#upgrader.handleUpgrade(withoutAuthToken(request), connection, early, (socket) => {
        isOpen = true;
        socket.once("close", slot);
        this.#onAccept(socket, serializer, client);
      });
    } catch (error) {
      // Another upgrade listener of the server has taken the connection.
      this.#report(failed(error, "upgrade"));
    }
    if (isOpen) return;
    slot();
    // ws has answered an upgrade request that it can't read.
    if (connection.writableEnded) this.#report(MALFORMED);
  }
}

/** The client has gone, so it gets no answer. */
const GONE = {};

/** The serializer of a protocol version, which the client names as `vsn`. A client that names no version speaks 1.0.0. */
function serializerFor(vsn: string | null): Serializer | undefined {
  if (vsn === null) return serializerV1;
  const [, major] = /^([12])\.0\.(?:0|[1-9]\d*)$/.exec(vsn) ?? [];
  if (major === undefined) return undefined;
  return major === "1" ? serializerV1 : serializerV2;
}

/** For example, a `connect` that returns `true` would accept a client without assigns. */
function assertConnected({ assigns, id }: Connected<object>): void {
  const isObject = typeof assigns === "object" && assigns !== null;
  checkArgument(
    "assigns",
    assigns,
    isObject,
    "an object",
    "Have connect return { assigns: {} }, or false to refuse.",
  );
  checkArgument("id", id, id === undefined || typeof id === "string", "a string");
}
