import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { checkArgument } from "../../checks/check-argument.ts";
import type { Connected, ErrorOrigin } from "../endpoint-options.ts";
import { serializerFor } from "../protocol/negotiate.ts";
import type { Serializer } from "../protocol/serializer.ts";
import type { ResolvedEndpointOptions } from "../resolve-endpoint-options.ts";
import { isOriginAllowed } from "./check-origin.ts";
import { refuse, requestUrl } from "./upgrades.ts";

/** A client that may come in, and how it is spoken to. */
interface Guest {
  readonly client: Connected<object>;
  readonly serializer: Serializer;
}

type Admit = (socket: WebSocket, serializer: Serializer, client: Connected<object>) => void;

/** Decides who comes in: by the page it comes from, the version it speaks, and what `connect` says. */
export class Handshake {
  readonly #options: ResolvedEndpointOptions;
  readonly #report: (error: unknown, where: ErrorOrigin) => void;
  readonly #admit: Admit;
  readonly #upgrader: WebSocketServer;
  #isClosed = false;

  constructor(
    options: ResolvedEndpointOptions,
    report: (error: unknown, where: ErrorOrigin) => void,
    admit: Admit,
  ) {
    this.#options = options;
    this.#report = report;
    this.#admit = admit;
    this.#upgrader = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // A client that does not read must not have an answer for each ping wait for it.
      autoPong: false,
      maxPayload: options.maxFrameBytes,
      // The official client offers its auth token as a second one, which is not to be said aloud.
      handleProtocols: (protocols) => protocols.has("phoenix") && "phoenix",
    });
  }

  /** From now on nobody comes in: not those who wait for `connect` either. */
  close(): void {
    this.#isClosed = true;
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<void> {
    // Until ws takes it over, a connection that breaks would be an uncaught exception.
    const ignore = (): void => {};
    connection.on("error", ignore);
    const found = await this.#decide(request);
    if (connection.destroyed) return;
    if (this.#isClosed) return refuse(connection, "503 Service Unavailable");
    if (typeof found === "string") return refuse(connection, found);
    connection.off("error", ignore);
    this.#upgrader.handleUpgrade(request, connection, head, (socket) => {
      this.#admit(socket, found.serializer, found.client);
    });
  }

  /** Who it is, or the status that it gets instead. */
  async #decide(request: IncomingMessage): Promise<Guest | string> {
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

/** As `true` would let in somebody of whom channels know nothing. */
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
