import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A proxy between a node and its broker. It fails in the ways that networks and other proxies do. */
export class BrokerProxy {
  /** The port of the broker, for new connections. */
  target: number;
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();

  /** Use `startProxy`. */
  constructor(target: number) {
    this.target = target;
    this.#server = createServer((client) => {
      const connection = new ProxiedConnection(client, connect(this.target, "127.0.0.1"));
      this.#connections.add(connection);
      client.on("close", () => this.#connections.delete(connection));
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async open(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Closes every connection, and accepts new ones. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Closes every connection, and refuses new ones until `open`. */
  close(): void {
    this.#server.close();
    this.cut();
  }

  /** Stops reading from the broker, like a node that is too busy. */
  pause(): void {
    for (const connection of this.#connections) connection.pause();
  }

  resume(): void {
    for (const connection of this.#connections) connection.resume();
  }

  /**
   * Replaces each connection to the broker by a new one, without closing the connection to the node. Call it only
   * while no answer is pending, because answers in flight are lost. It sends `greeting` on the new connection and
   * waits for output that ends with `ready`.
   */
  async replaceBrokerConnections(greeting: string, ready: string): Promise<void> {
    for (const connection of this.#connections) {
      const broker = connect(this.target, "127.0.0.1");
      let output = "";
      broker.on("data", (chunk) => {
        output += chunk;
        if (output.endsWith(ready)) broker.emit("greeted");
      });
      broker.write(greeting);
      await once(broker, "greeted");
      broker.removeAllListeners("data");
      connection.setBroker(broker);
    }
  }
}

export async function startProxy(target: number): Promise<BrokerProxy> {
  const proxy = new BrokerProxy(target);
  await proxy.open();
  return proxy;
}

/** The connection of a node, and the connection to the broker that continues it. */
class ProxiedConnection {
  readonly #client: Socket;
  #broker: Socket;

  constructor(client: Socket, broker: Socket) {
    this.#client = client;
    this.#broker = broker;
    client.on("error", () => {});
    client.on("close", () => this.#broker.destroy());
    this.setBroker(broker);
  }

  /** Uses another connection to the broker, and closes the previous one. */
  setBroker(broker: Socket): void {
    const previous = this.#broker;
    this.#broker = broker;
    if (previous !== broker) {
      this.#client.unpipe(previous);
      previous.unpipe(this.#client);
      previous.destroy();
    }
    broker.on("error", () => {});
    broker.on("close", () => {
      if (this.#broker === broker) this.#client.destroy();
    });
    this.#client.pipe(broker);
    this.resume();
  }

  pause(): void {
    this.#broker.unpipe(this.#client);
  }

  resume(): void {
    this.#broker.pipe(this.#client);
  }

  cut(): void {
    this.#client.destroy();
  }
}
