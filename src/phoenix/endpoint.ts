import type { WebSocket } from "ws";
import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
  isFromZeroTo,
  MAX_TIMER_MS,
} from "../checks/check-argument.ts";
import { describeValue } from "../checks/describe-value.ts";
import { ClosedError, InvalidArgumentError } from "../errors.ts";
import { Broadcast } from "./broadcast/broadcast.ts";
import { ClusterRelay } from "./broadcast/cluster-relay.ts";
import { FanOut, type Recipient } from "./broadcast/fan-out.ts";
import type { ChannelHandlers } from "./channel/channel-handlers.ts";
import { Routes } from "./channel/routes.ts";
import { Handshake } from "./connect/handshake.ts";
import { mount, type UpgradableServer } from "./connect/upgrades.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { drain } from "./drain.ts";
import type { Connected, EndpointOptions, ErrorOrigin } from "./endpoint-options.ts";
import { IdleWatch } from "./limits/idle-watch.ts";
import type { ServerEvents, ServerPayload } from "./protocol/channel-payload.ts";
import type { Serializer } from "./protocol/serializer.ts";
import { type ResolvedEndpointOptions, resolveEndpointOptions } from "./resolve-endpoint-options.ts";

/**
 * Speaks Phoenix Channels with the clients of an HTTP server. Made by `createEndpoint`.
 *
 * @example
 * const endpoint = await createEndpoint();
 * endpoint.channel("room:*", { join: () => ({ ok: {} }) }).attach(server);
 */
export class Endpoint<Assigns extends object = Record<string, unknown>> implements AsyncDisposable {
  readonly #options: ResolvedEndpointOptions;
  readonly #routes = new Routes();
  readonly #hub: FanOut;
  readonly #door: Handshake;
  readonly #relay: ClusterRelay | undefined;
  readonly #idle: IdleWatch<Connection>;
  readonly #around: ConnectionContext;
  /** Each until its WebSocket is gone. */
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #byId = new Map<string, Set<Connection>>();
  readonly #unmounts: (() => void)[] = [];
  #closing: Promise<void> | undefined = undefined;
  /** Nobody is left to be told anything. */
  #isDrained = false;

  /** @internal Made by `createEndpoint`. */
  constructor(options: EndpointOptions<Assigns>) {
    this.#options = resolveEndpointOptions(options);
    const { clock, idleTimeoutMs, pubsub, clusterName } = this.#options;
    const report = (error: unknown, where: ErrorOrigin): void => this.#report(error, where);
    this.#hub = new FanOut(report);
    this.#idle = new IdleWatch(clock, idleTimeoutMs, (connection) => connection.close(NORMAL));
    this.#door = new Handshake(this.#options, report, (...guest) => this.#admit(...guest));
    this.#around = this.#surroundings(report);
    this.#relay =
      pubsub &&
      new ClusterRelay(pubsub, clusterName, {
        broadcast: (broadcast) => this.#hub.deliver(broadcast),
        disconnect: (id) => this.#disconnect(id),
        error: (error) => report(error, { during: "transport" }),
      });
  }

  /** @internal For `createEndpoint`. */
  async subscribe(): Promise<void> {
    try {
      await this.#relay?.subscribe();
    } catch (error) {
      // A pub/sub may go on trying for who has not taken it back.
      void this.#relay?.unsubscribe().catch(() => {});
      throw error;
    }
  }

  /** How many sockets are open. */
  get socketCount(): number {
    return this.#connections.size;
  }

  /**
   * Says what happens in the topics of a pattern: an exact topic, or the beginning of topics and a star, `"room:*"`. An exact one goes
   * before a pattern, and a longer pattern before a shorter one, in whatever order they are added.
   *
   * @throws {InvalidArgumentError} for a pattern that has a channel already, or handlers that lack `join`; it is a `TypeError`.
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
    this.#routes.add(pattern, handlers as unknown as ChannelHandlers);
    return this;
  }

  /**
   * Answers the clients of this server: with `path: "/socket"`, which the official client is given as `new Socket("/socket")`, at
   * `/socket/websocket`. Other paths get HTTP 404, unless somebody else listens to upgrades of the server. It may be
   * attached to several servers and paths, before or after they listen.
   *
   * @throws {InvalidArgumentError} for a server that is none, a path that is no path, or is taken; it is a `TypeError`.
   * @throws {ClosedError} after `close()`.
   * @example
   * const server = createServer();
   * endpoint.attach(server, { path: "/socket" });
   * server.listen(4000);
   */
  attach(server: UpgradableServer, options: { readonly path?: string } = {}): this {
    this.#assertOpen("attach");
    assertServer(server);
    assertOptionsObject(options, 'Pass { path: "/socket" }, or nothing.');
    const { path = "/socket", ...unknown } = options;
    assertNoUnknownOptions(unknown, { path });
    if (typeof path !== "string" || !/^(\/[^/?#]+)+$/.test(path)) {
      const allowed = 'the path of the socket, beginning with a slash and not ending with one, as "/socket"';
      throw new InvalidArgumentError(
        `path is ${describeValue(path)}; it must be ${allowed}. Or leave it out.`,
      );
    }
    const unmount = mount(server, `${path}/websocket`, (...upgrade) => void this.#door.answer(...upgrade));
    if (unmount === undefined) {
      throw new InvalidArgumentError(
        `path is ${describeValue(path)}; an endpoint of this server has it. Take another.`,
      );
    }
    this.#unmounts.push(unmount);
    return this;
  }

  /**
   * Sends an event to everybody in a topic: of this endpoint before it returns, and of the others of the cluster moments
   * later, where there is a `pubsub`.
   *
   * @param options With `local`, only to those of this endpoint: for what every node hears of by itself, as the
   * `diff` event of a presence.
   * @throws {InvalidArgumentError} for a topic or event that is no string, or a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for more than the pub/sub carries, or bytes whose topic or event is over 255 bytes.
   * @throws {ClosedError} after `close()`.
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
   * Closes all sockets that `connect` gave this id, on every node, with 1001. Their clients connect again by themselves, and
   * `connect` decides anew: the way to make a logout or a ban take effect.
   *
   * @throws {InvalidArgumentError} for an id that is no string; it is a `TypeError`.
   * @throws {ClosedError} after `close()`.
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
   * Lets nobody in any more, and closes all sockets with 1012, so that their clients look for another node. Resolves when they are
   * gone. The server and the pub/sub stay open: they are yours. A second call gives the same promise.
   *
   * @param options `overMs` spreads it over as many ms, so that not all clients come to the other nodes at once (default 0);
   * who does not answer is cut off `timeoutMs` after the last was closed (default 5 000).
   * @throws {InvalidArgumentError} for times that are none; it is a `TypeError`.
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

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number, overMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#door.close();
    for (const unmount of this.#unmounts) unmount();
    await drain([...this.#connections.values()], { clock, overMs }, (some) => {
      // Who goes with others is not told of each: that would be as many messages as their square.
      for (const connection of some) connection.mute();
      for (const connection of some) connection.close(SERVICE_RESTART);
    });
    this.#isDrained = true;
    const cutOff = (): void => {
      for (const connection of this.#connections.values()) connection.terminate();
    };
    const cancel = clock.setTimer(cutOff, timeoutMs, { keepsAlive: true });
    await Promise.all([...this.#connections.keys()].map(gone));
    cancel();
    await this.#relay?.unsubscribe();
  }

  #admit(socket: WebSocket, serializer: Serializer, client: Connected<object>): void {
    const connection = new Connection(socket, serializer, client, this.#around);
    this.#connections.set(socket, connection);
    socket.once("close", () => this.#connections.delete(socket));
    this.#idle.touch(connection);
    if (client.id === undefined) return;
    const known = this.#byId.get(client.id);
    if (known === undefined) this.#byId.set(client.id, new Set([connection]));
    else known.add(connection);
  }

  #surroundings(report: ConnectionContext["report"]): ConnectionContext {
    return {
      options: this.#options,
      routes: this.#routes,
      active: (connection) => this.#idle.touch(connection),
      broadcast: (broadcast, except) => this.#broadcast(broadcast, except, false),
      channelJoined: (channel) => this.#hub.add(channel),
      channelEnded: (channel) => this.#hub.remove(channel),
      connectionEnded: (connection) => this.#forget(connection),
      report,
    };
  }

  #broadcast(broadcast: Broadcast, except: Recipient | undefined, isLocal: boolean): void {
    // Too large for the others is too large for all: it throws before anybody has got it.
    const publish = isLocal ? undefined : this.#relay?.broadcast(broadcast);
    this.#hub.deliver(broadcast, except);
    publish?.();
  }

  #disconnect(id: string): void {
    for (const connection of [...(this.#byId.get(id) ?? [])]) connection.close(GOING_AWAY);
  }

  #forget(connection: Connection): void {
    this.#idle.forget(connection);
    if (connection.id === undefined) return;
    const known = this.#byId.get(connection.id);
    known?.delete(connection);
    if (known?.size === 0) this.#byId.delete(connection.id);
  }

  #report(thrown: unknown, where: ErrorOrigin): void {
    const error = thrown instanceof Error ? thrown : new Error(`A handler threw ${describeValue(thrown)}.`);
    try {
      this.#options.onError(error, where);
    } catch (worse) {
      process.emitWarning(worse instanceof Error ? worse : error);
    }
  }

  #assertOpen(call: string): void {
    if (this.#closing !== undefined) throw new ClosedError("Phoenix endpoint", call);
  }

  #assertNotDrained(call: string): void {
    if (this.#isDrained) throw new ClosedError("Phoenix endpoint", call);
  }
}

function assertServer(server: UpgradableServer): void {
  const advice = "Pass what createServer of node:http gives, or what the listen of your framework returns.";
  checkArgument("server", server, hasMethods(server, "on", "off", "listenerCount"), "an HTTP server", advice);
}

function assertString(name: string, text: string): void {
  checkArgument(name, text, typeof text === "string", "a string", `Check what is passed as the ${name}.`);
}

function gone(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

const NORMAL = 1000;
const GOING_AWAY = 1001;
const SERVICE_RESTART = 1012;
