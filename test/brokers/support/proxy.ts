import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between one node and its broker, and can cut the two off each other. */
export class LineProxy {
  readonly #server: Server;
  readonly #lines = new Set<readonly [near: Socket, far: Socket]>();

  /** Use `startProxy`. */
  constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, "127.0.0.1");
      const line = [near, far] as const;
      this.#lines.add(line);
      for (const [from, to] of [line, [far, near] as const]) {
        from.on("error", () => {});
        from.on("close", () => {
          this.#lines.delete(line);
          to.destroy();
        });
        from.pipe(to);
      }
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
    for (const [near] of this.#lines) near.destroy();
  }

  /** Every connection ends, and new ones are refused until `open`. */
  close(): void {
    this.#server.close();
    this.cut();
  }
}

export async function startProxy(target: number): Promise<LineProxy> {
  const proxy = new LineProxy(target);
  await proxy.open();
  return proxy;
}
