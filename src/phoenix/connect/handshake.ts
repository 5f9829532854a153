import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { checkArgument } from "../../checks/check-argument.ts";
import type { Promised } from "../async/promised.ts";
import type { ReportError } from "../error-origin.ts";
import type { Serializer } from "../protocol/serializer.ts";
import { serializerV1 } from "../protocol/serializer-v1.ts";
import { serializerV2 } from "../protocol/serializer-v2.ts";
import { type CheckOrigin, isOriginAllowed } from "./check-origin.ts";
import { refuse, requestUrl } from "./upgrades.ts";

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
export interface HandshakeOptions {
  readonly connect: (
    params: URLSearchParams,
    request: IncomingMessage,
  ) => Promised<Connected<object> | Refused>;
  readonly checkOrigin: CheckOrigin;
  readonly maxFrameBytes: number;
}

interface AcceptedClient {
  readonly client: Connected<object>;
  readonly serializer: Serializer;
}

type OnAccept = (socket: WebSocket, serializer: Serializer, client: Connected<object>) => void;

/** Accepts or refuses upgrade requests: by the page they come from, the version they ask for, and what `connect` returns. */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #report: ReportError;
  readonly #onAccept: OnAccept;
  readonly #upgrader: WebSocketServer;
  #isClosed = false;

  constructor(options: HandshakeOptions, report: ReportError, onAccept: OnAccept) {
    this.#options = options;
    this.#report = report;
    this.#onAccept = onAccept;
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // The connection sends the pongs itself: they must not pile up for a client that does not read.
      autoPong: false,
      maxPayload: options.maxFrameBytes,
      // The official client offers its auth token as a second protocol. The response must not echo the token.
      handleProtocols: (protocols) => protocols.has("phoenix") && "phoenix",
    });
  }

  /** Accepts no more clients, not even those that wait for `connect`. */
  close(): void {
    this.#isClosed = true;
  }

  /** Answers an upgrade request. Never rejects. */
  async answer(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    // Without this listener, a connection that breaks before ws has it would be an uncaught exception.
    const ignore = (): void => {};
    connection.on("error", ignore);
    const decision = await this.#decide(request);
    if (connection.destroyed) return;
    if (this.#isClosed) return refuse(connection, "503 Service Unavailable");
    if (typeof decision === "string") return refuse(connection, decision);
    connection.off("error", ignore);
    this.#upgrader.handleUpgrade(request, connection, head, (socket) => {
      this.#onAccept(socket, decision.serializer, decision.client);
    });
  }

  /** Returns the accepted client, or the status of the refusal. */
  async #decide(request: IncomingMessage): Promise<AcceptedClient | string> {
    const params = requestUrl(request)?.searchParams ?? new URLSearchParams();
    let during: "checkOrigin" | "connect" = "checkOrigin";
    try {
      if (!(await isOriginAllowed(this.#options.checkOrigin, request))) return FORBIDDEN;
      const serializer = serializerFor(params.get("vsn"));
      if (serializer === undefined) return FORBIDDEN;
      during = "connect";
      const client = await this.#options.connect(params, request);
      if (client) assertConnected(client);
      return client ? { client, serializer } : FORBIDDEN;
    } catch (error) {
      this.#report(error, { during });
      return "500 Internal Server Error";
    }
  }
}

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

const FORBIDDEN = "403 Forbidden";
