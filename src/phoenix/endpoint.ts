import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  directConstructionError,
  isFromZeroTo,
  MAX_TIMER_MS,
} from "../checks/check-argument.ts";
import { describeValue } from "../checks/describe-value.ts";
import { ClosedError, InvalidArgumentError, RefusedError } from "../errors.ts";
import { RunningTime } from "../time/running-time.ts";
import { Broadcast } from "./broadcast/broadcast.ts";
import { ClusterRelay } from "./broadcast/cluster-relay.ts";
import { FanOut, type Recipient } from "./broadcast/fan-out.ts";
import type { ChannelHandlers } from "./channel/channel-handlers.ts";
import { Routes } from "./channel/routes.ts";
import { type Connected, Handshake } from "./connect/handshake.ts";
import { mountRequests, notFound, pathOf, type RequestHandler } from "./connect/requests.ts";
import { assertPath, assertServer, mount, type UpgradableServer } from "./connect/upgrades.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { ConnectionRegistry } from "./connection-registry.ts";
import { publishRefusal } from "./diagnostics.ts";
import { drain } from "./drain.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { Refusal } from "./error-origin.ts";
import { ErrorReporter } from "./error-reporter.ts";
import { IdleWatch } from "./limits/idle-watch.ts";
import { LongPolling } from "./longpoll/long-polling.ts";
import type { ServerEvents, ServerPayload } from "./protocol/channel-payload.ts";
import type { Serializer } from "./protocol/serializer.ts";
import {
  assertLongPoll,
  type ResolvedEndpointOptions,
  resolveEndpointOptions,
} from "./resolve-endpoint-options.ts";
import type { Transport } from "./transport/transport.ts";
import { WebSocketTransport } from "./transport/web-socket-transport.ts";

/** Makes an endpoint, and resolves when it is subscribed to its pub/sub. Only `createEndpoint` calls it. */
export let subscribedEndpoint: <Assigns extends object>(
  options: EndpointOptions<Assigns>,
) => Promise<Endpoint<Assigns>>;

/**
 * Speaks Phoenix Channels with the clients of an HTTP server. `createEndpoint` makes one; the class itself is for types, `instanceof`
 * and injection tokens.
 *
 * @example
 * const endpoint: Endpoint = await createEndpoint();
 * endpoint.channel("room:*", { join: () => ({ ok: {} }) }).attach(server);
 */
export class Endpoint<Assigns extends object = Record<string, unknown>> implements AsyncDisposable {
  static {
    subscribedEndpoint = async <Assigns extends object>(options: EndpointOptions<Assigns>) => {
      const endpoint = new Endpoint(PERMIT, options);
      await endpoint.#subscribe();
      return endpoint;
    };
  }

  readonly #options: ResolvedEndpointOptions;
  readonly #routes = new Routes();
  readonly #errors: ErrorReporter;
  readonly #fanOut: FanOut;
  readonly #handshake: Handshake;
  readonly #relay: ClusterRelay | undefined;
  readonly #idleWatch: IdleWatch<Connection>;
  readonly #context: ConnectionContext;
  readonly #connections = new ConnectionRegistry();
  readonly #longPolling: LongPolling | undefined;
  readonly #unmounts: (() => void)[] = [];
  /** Called after the drain: until then, the clients that are left poll. */
  readonly #unmountsOfPolls: (() => void)[] = [];
  #closing: Promise<void> | undefined = undefined;
  /** Whether `close()` has closed all sockets. Until then, the remaining clients get broadcasts. */
  #isDrained = false;

  private constructor(permit: symbol, options: EndpointOptions<Assigns>) {
    if (permit !== PERMIT) throw directConstructionError("Endpoint", "await createEndpoint()");
    this.#options = resolveEndpointOptions(options);
    const { clock, idleTimeoutMs, pubsub, onError } = this.#options;
    this.#errors = new ErrorReporter(clock, onError);
    const { report } = this.#errors;
    const refused = (refusal: Refusal): void => this.#refused(refusal);
    this.#fanOut = new FanOut(report);
    this.#idleWatch = new IdleWatch(clock, idleTimeoutMs, (connection) => connection.close(GOING_AWAY));
    this.#handshake = new Handshake(this.#options, refused, (socket, ...accepted) =>
      this.#addClient(new WebSocketTransport(socket), ...accepted),
    );
    this.#context = this.#createContext(report, refused);
    this.#relay =
      pubsub &&
      new ClusterRelay(pubsub, this.#options, {
        broadcast: (broadcast) => this.#fanOut.deliver(broadcast),
        disconnect: (id) => this.#disconnect(id),
        error: (error) => report(error, { during: "transport" }),
      });
    this.#longPolling = this.#options.longPoll
      ? new LongPolling({
          ...this.#options,
          handshake: this.#handshake,
          accept: (...accepted) => this.#addClient(...accepted),
          error: (error) => report(error, { during: "transport" }),
          refused,
        })
      : undefined;
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#relay?.subscribe();
    } catch (error) {
      // Without this, a pub/sub may retry the subscription forever.
      void this.#relay?.unsubscribe().catch(() => {});
      throw error;
    }
  }

  /** How many sockets are open. A client that polls has a socket too. */
  get socketCount(): number {
    return this.#connections.size;
  }

  /**
   * Adds a channel: the handlers for all topics that match a pattern. A pattern is a topic, or the beginning of topics followed by a
   * star, as `"room:*"`. If several patterns match, the exact topic wins, and then the longest pattern. The order in which you add
   * channels does not matter.
   *
   * @throws {InvalidArgumentError} for a pattern that has a channel already, or handlers without `join`; it is a `TypeError`.
   * @throws {ClosedError} after `close()`.
   * @example
   * endpoint.channel<{ said: { text: string } }>("room:*", {
   *   join: () => ({ ok: {} }),
   *   handleIn(event, payload, socket) {
   *     if (event === "say") socket.broadcast("said", { text: String(payload) });
   *   },
   * });
   */
  channel<Events extends ServerEvents = ServerEvents>(
    pattern: string,
    handlers: ChannelHandlers<Assigns, Events>,
  ): this {
    this.#assertOpen("channel");
    this.#routes.add(pattern, handlers);
    return this;
  }

  /**
   * Accepts the WebSocket clients of a server. With `path: "/socket"`, clients connect to `/socket/websocket`; the official client
   * adds the second part by itself, so it takes `new Socket("/socket")`. Upgrade requests to other paths get HTTP 404: at
   * once, or after `connectTimeoutMs` if the server has other upgrade listeners and none of them has taken the connection. An endpoint may be attached to several servers and paths, before or after they listen.
   *
   * It also serves clients that poll, at `/socket/longpoll`. The server's own listeners do not see these requests.
   *
   * @param options `path` is the path of the socket (default `"/socket"`). With `longPoll: false`, clients of this server can't poll.
   * @throws {InvalidArgumentError} for a value that is not a server, or a path that is malformed or taken; it is a `TypeError`.
   * @throws {ClosedError} after `close()`.
   * @example
   * const server = createServer();
   * endpoint.attach(server, { path: "/socket" });
   * server.listen(4000);
   */
  attach(
    server: UpgradableServer,
    options: { readonly path?: string; readonly longPoll?: boolean } = {},
  ): this {
    this.#assertOpen("attach");
    assertServer(server);
    assertOptionsObject(options, 'Pass { path: "/socket" }, or nothing.');
    const { path = "/socket", longPoll = true, ...unknown } = options;
    assertNoUnknownOptions(unknown, { path, longPoll });
    assertPath(path);
    assertLongPoll(longPoll);
    const unmount = mount(server, `${path}/websocket`, {
      ...this.#options,
      answer: (...upgrade) => this.#handshake.answer(...upgrade),
    });
    if (unmount === undefined) {
      throw new InvalidArgumentError(
        `path is ${describeValue(path)}; an endpoint of this server uses this path already. Choose another one.`,
      );
    }
    this.#unmounts.push(unmount);
    const polling = this.#longPolling;
    if (polling === undefined || !longPoll) return this;
    this.#unmountsOfPolls.push(
      mountRequests(
        server,
        `${path}/longpoll`,
        (request, response) => void polling.handle(request, response),
      ),
    );
    return this;
  }

  /**
   * Serves clients that poll, as part of a framework whose server you do not `attach` to, or with `longPoll: false` there. It is bound
   * to the endpoint, so it can be passed as it is. Requests whose path does not end with `/longpoll` are passed on to `next`; without a
   * `next` they get HTTP 404. Mount it before middleware that reads bodies.
   *
   * @example
   * app.use("/socket", endpoint.handler); // Express: clients poll at /socket/longpoll
   */
  readonly handler: RequestHandler = (request, response, next) => {
    // Express keeps the path below which it is mounted apart.
    const { originalUrl: url = request.url } = request as {
      readonly originalUrl?: string;
      readonly url?: string;
    };
    const isOurs =
      this.#longPolling !== undefined && !this.#isDrained && pathOf({ url }).endsWith("/longpoll");
    if (isOurs) void this.#longPolling.handle(request, response);
    else if (typeof next === "function") next();
    else notFound(request, response);
  };

  /**
   * Sends an event to all clients in a topic. It is sent to the clients of this endpoint before the call returns. If the endpoint has
   * a `pubsub`, the clients of the other endpoints of the cluster get it moments later.
   *
   * @param options With `local: true`, only the clients of this endpoint get the event. Use it if every node sends the event itself,
   * for example in a listener for the `diff` event of a presence.
   * @throws {InvalidArgumentError} for a topic or event that is not a string, or a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for a message that is larger than the pub/sub carries, or bytes with a topic or event of over 255 bytes.
   * @throws {ClosedError} when `close()` has closed all sockets.
   * @example
   * endpoint.broadcast("room:lobby", "news", { text: "tea is ready" });
   */
  broadcast(
    topic: string,
    event: string,
    payload: ServerPayload,
    options: { readonly local?: boolean } = {},
  ): void {
    this.#assertNotDrained("broadcast");
    assertString("topic", topic);
    assertString("event", event);
    assertOptionsObject(options, "Pass { local: true }, or nothing.");
    const { local = false } = options;
    checkArgument("local", local, typeof local === "boolean", "true or false");
    this.#broadcast(Broadcast.of(topic, event, payload), undefined, local);
  }

  /**
   * Closes all sockets with this id, on every node, with 1001. `connect` gives a socket its id. The clients reconnect by themselves,
   * and `connect` then accepts or refuses them again. Use it after a logout or a ban.
   *
   * @throws {InvalidArgumentError} for an id that is not a string; it is a `TypeError`.
   * @throws {ClosedError} when `close()` has closed all sockets.
   * @example
   * endpoint.disconnect("users:42");
   */
  disconnect(id: string): void {
    this.#assertNotDrained("disconnect");
    assertString("id", id);
    this.#disconnect(id);
    this.#relay?.disconnect(id);
  }

  /**
   * Drains the endpoint: refuses new clients, and closes all sockets with 1012, so that their clients reconnect to another node.
   * Resolves when all sockets have closed. The server and the pub/sub stay open, because they are yours. A second call returns the
   * same promise.
   *
   * @param options `overMs` spreads the closing over this many ms, so that not all clients reconnect at once (default 0). `timeoutMs`
   * is how long, in ms, clients may take to complete the close handshake after the last socket was closed (default 5 000); then their
   * connections are terminated.
   * @throws {InvalidArgumentError} for an option that is not a number of ms; it is a `TypeError`.
   * @example
   * process.once("SIGTERM", async () => {
   *   await endpoint.close({ overMs: 10_000 });
   *   await presence.close();
   *   server.close();
   * });
   */
  close(options: { readonly timeoutMs?: number; readonly overMs?: number } = {}): Promise<void> {
    assertOptionsObject(options, "Pass { overMs: 10_000 }, or nothing.");
    const { timeoutMs = 5_000, overMs = 0, ...unknown } = options;
    assertNoUnknownOptions(unknown, { timeoutMs, overMs });
    for (const [name, ms] of Object.entries({ timeoutMs, overMs })) {
      checkArgument(name, ms, isFromZeroTo(MAX_TIMER_MS, ms), `a number of ms from 0 to ${MAX_TIMER_MS}`);
    }
    this.#closing ??= this.#close(timeoutMs, overMs);
    return this.#closing;
  }

  /** Calls `close()`. It is for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number, overMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#handshake.close();
    for (const unmount of this.#unmounts) unmount();
    await drain(this.#connections.connections(), { clock, overMs }, (part) => {
      // Mute them first: otherwise each client gets the leaves of all others, a quadratic number of messages.
      for (const connection of part) connection.mute();
      for (const connection of part) connection.close(SERVICE_RESTART);
    });
    this.#isDrained = true;
    const terminateAll = (): void => {
      for (const connection of this.#connections.connections()) connection.terminate();
    };
    const cancel = clock.setTimer(terminateAll, timeoutMs, { keepsAlive: true });
    await this.#connections.empty();
    cancel();
    for (const unmount of this.#unmountsOfPolls) unmount();
    await Promise.all([this.#relay?.unsubscribe(), this.#longPolling?.close()]);
    this.#errors.flush();
  }

  #addClient(transport: Transport, serializer: Serializer, client: Connected<object>): void {
    const connection = new Connection(transport, serializer, client, this.#context);
    this.#connections.add(connection);
    if (!transport.hasOwnTimeout) this.#idleWatch.touch(connection);
  }

  #createContext(
    report: ConnectionContext["report"],
    refused: ConnectionContext["refused"],
  ): ConnectionContext {
    return {
      options: this.#options,
      routes: this.#routes,
      time: new RunningTime(this.#options.clock),
      active: (connection) => this.#idleWatch.touch(connection),
      broadcast: (broadcast, except) => this.#broadcast(broadcast, except, false),
      channelJoined: (channel) => this.#fanOut.add(channel),
      channelEnded: (channel) => this.#fanOut.remove(channel),
      connectionEnded: (connection) => {
        this.#idleWatch.forget(connection);
        this.#connections.removeFromId(connection);
      },
      connectionClosed: (connection) => this.#connections.remove(connection),
      report,
      refused,
    };
  }

  #broadcast(broadcast: Broadcast, except: Recipient | undefined, isLocal: boolean): void {
    // A message that is too large for the pub/sub throws here, before any client gets it.
    const publish = isLocal ? undefined : this.#relay?.broadcast(broadcast);
    this.#fanOut.deliver(broadcast, except);
    publish?.();
  }

  #disconnect(id: string): void {
    this.#handshake.disconnect(id);
    for (const connection of this.#connections.withId(id)) connection.close(GOING_AWAY);
  }

  /** Leaves a trace of a client that was refused. */
  #refused({ message, error, ...refusal }: Refusal): void {
    publishRefusal({ clusterName: this.#options.clusterName, ...refusal });
    const { reason, status, closeCode, ...where } = refusal;
    if (reason === "closing") return;
    this.#errors.report(error ?? new RefusedError(message, { reason, status, closeCode }), where);
  }

  #assertOpen(call: string): void {
    if (this.#closing !== undefined) throw new ClosedError("Phoenix endpoint", call);
  }

  #assertNotDrained(call: string): void {
    if (this.#isDrained) throw new ClosedError("Phoenix endpoint", call);
  }
}

function assertString(name: string, text: string): void {
  checkArgument(name, text, typeof text === "string", "a string", `Check what you pass as the ${name}.`);
}

/** Only this file has it, so only this file can call the constructor. */
const PERMIT = Symbol("permit");

/**
 * For an idle connection and for `disconnect(id)`. Never 1000: the official clients up to 1.8.15 take it for a farewell that they asked
 * for, and do not come back. Phoenix closes idle connections with 1000 over Cowboy and with 1002 over Bandit.
 */
const GOING_AWAY = 1001;
/** For a drain, as Phoenix does. */
const SERVICE_RESTART = 1012;
