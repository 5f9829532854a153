import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between one node and its broker, and can come between them in the ways that networks and other proxies do. */
export class BrokerProxy {
  /** The port that new connections lead to. */
  target: number;
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  /** Use `startProxy`. */
  constructor(target: number) {
    this.target = target;
    this.#server = createServer((near) => {
      const line = new Line(near, connect(this.target, "127.0.0.1"));
      this.#lines.add(line);
      near.on("close", () => this.#lines.delete(line));
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async open(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Every connection ends; new ones are let through. */
  cut(): void {
    for (const line of this.#lines) line.cut();
  }

  /** Every connection ends, and new ones are refused until `open`. */
  close(): void {
    this.#server.close();
    this.cut();
  }

  /** What the broker says is left unread, as by a node that is too busy. */
  pause(): void {
    for (const line of this.#lines) line.pause();
  }

  resume(): void {
    for (const line of this.#lines) line.resume();
  }

  /**
   * Every connection goes on over one that the broker has never seen, and no node notices. Only while nothing is asked:
   * answers on their way are lost. The new one is made ready by `greeting`, and is so when an answer ends with `ready`.
   */
  async swap(greeting: string, ready: string): Promise<void> {
    for (const line of this.#lines) {
      const fresh = connect(this.target, "127.0.0.1");
      let said = "";
      fresh.on("data", (chunk) => {
        said += chunk;
        if (said.endsWith(ready)) fresh.emit("greeted");
      });
      fresh.write(greeting);
      await once(fresh, "greeted");
      fresh.removeAllListeners("data");
      line.use(fresh);
    }
  }
}

export async function startProxy(target: number): Promise<BrokerProxy> {
  const proxy = new BrokerProxy(target);
  await proxy.open();
  return proxy;
}

/** One connection of a node, and the one to the broker that it goes on in. */
class Line {
  readonly #near: Socket;
  #far: Socket;

  constructor(near: Socket, far: Socket) {
    this.#near = near;
    this.#far = far;
    near.on("error", () => {});
    near.on("close", () => this.#far.destroy());
    this.use(far);
  }

  /** From now on. Ends the one before, if it is another. */
  use(far: Socket): void {
    const former = this.#far;
    this.#far = far;
    if (former !== far) {
      this.#near.unpipe(former);
      former.unpipe(this.#near);
      former.destroy();
    }
    far.on("error", () => {});
    far.on("close", () => {
      if (this.#far === far) this.#near.destroy();
    });
    this.#near.pipe(far);
    this.resume();
  }

  pause(): void {
    this.#far.unpipe(this.#near);
  }

  resume(): void {
    this.#far.pipe(this.#near);
  }

  cut(): void {
    this.#near.destroy();
  }
}
