import type { SimulatedNetwork } from "../../network/lossy-network.ts";

/**
 * The links that take longer than usual to deliver a message. A link stays slow until the messages that were under way when
 * its conditions changed have arrived.
 */
export class SlowLinks {
  readonly #network: SimulatedNetwork;
  readonly #usualDelayMs: number;
  #allSlowUntil = 0;
  /** The links with conditions of their own. */
  readonly #links = new Map<string, { readonly from: string; readonly to: string; slowUntil: number }>();

  /** @param usualDelayMs The longest delay of a link without faults. */
  constructor(network: SimulatedNetwork, usualDelayMs: number) {
    this.#network = network;
    this.#usualDelayMs = usualDelayMs;
  }

  /** The conditions of all links are about to change. */
  changing(now: number): void {
    this.#allSlowUntil = Math.max(this.#allSlowUntil, now + this.#network.longestDelayMs());
    for (const { from, to } of this.#links.values()) this.changingLink(from, to, now);
  }

  /** The conditions of one link are about to change. */
  changingLink(from: string, to: string, now: number): void {
    const id = JSON.stringify([from, to]);
    const { slowUntil = 0 } = this.#links.get(id) ?? {};
    const arrivedAt = now + this.#network.longestDelayMs(from, to);
    this.#links.set(id, { from, to, slowUntil: Math.max(slowUntil, arrivedAt) });
  }

  isSlow(from: string, to: string, now: number): boolean {
    if (now < this.#allSlowUntil || this.#network.longestDelayMs(from, to) > this.#usualDelayMs) return true;
    if (this.#links.size === 0) return false;
    const link = this.#links.get(JSON.stringify([from, to]));
    return link !== undefined && now < link.slowUntil;
  }
}
