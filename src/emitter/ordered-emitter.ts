import { EventEmitter } from "eventemitter3";
import { assertFunction, unknownNameError } from "../checks/check-argument.ts";

// biome-ignore lint/suspicious/noExplicitAny: the parameters of a listener are checked where it is registered.
type Listener = (...parameters: any[]) => unknown;

/**
 * Tells listeners what happened: each event reaches all of its listeners before the next one begins, also where a listener
 * causes it. One that throws, or whose promise rejects, stops neither the others nor us: the error is an event too.
 */
export class OrderedEmitter<
  Events extends { [Name in keyof Events]: readonly unknown[] } & { error: [error: Error] },
> {
  readonly #names: readonly string[];
  readonly #emitter = new EventEmitter();
  /** By event as well: of one function that listens to several, each has to know what it was told. */
  readonly #guarded = new Map<string, WeakMap<Listener, Listener>>();
  readonly #queue: { readonly name: string | undefined; readonly run: () => void }[] = [];
  #isAnnouncing = false;

  /** `names` are those of all events that there are. */
  constructor(names: { readonly [Name in keyof Events]: true }) {
    this.#names = Object.keys(names);
  }

  on<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): void {
    this.#emitter.on(name, this.#guard(name, listener));
  }

  once<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): void {
    this.#emitter.once(name, this.#guard(name, listener));
  }

  off<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): void {
    this.#emitter.off(name, this.#guard(name, listener));
  }

  hasListeners(name: keyof Events & string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  /** Whether an event of this name has yet to be announced: what it tells of is true already. */
  isQueued(name: keyof Events & string): boolean {
    return this.#queue.some((queued) => queued.name === name);
  }

  /** Queues an event. Its parameters are made when it is its turn, and only where somebody listens. */
  enqueue<Name extends keyof Events & string>(name: Name, parameters: () => Events[Name]): void {
    const run = () => {
      if (this.hasListeners(name)) this.#emitter.emit(name, ...parameters());
      else if (name === "error") process.emitWarning(parameters()[0] as Error);
    };
    this.#queue.push({ name, run });
  }

  /** Queues something else that is told in turn with the events. Listeners it has of its own are called by `call`. */
  enqueueCall(run: () => void): void {
    this.#queue.push({ name: undefined, run });
  }

  /** Calls a listener that is not one of an event. What it throws is an error event all the same. */
  callListener<Parameters extends readonly unknown[]>(
    listener: (...parameters: Parameters) => unknown,
    ...parameters: Parameters
  ): void {
    this.#call(listener, parameters, this.#reportOfCalls);
  }

  /** Announces all that is queued, unless that is being done already. */
  flush(): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next.run();
    this.#isAnnouncing = false;
  }

  /** @throws {InvalidArgumentError} for an event that never happens, or what can't be called. */
  #guard(name: string, listener: Listener): Listener {
    if (!this.#names.includes(name)) throw unknownNameError("event", name, this.#names);
    assertFunction("listener", listener, "Pass what is to be called at the event.");
    const ofName = this.#guarded.get(name) ?? new WeakMap<Listener, Listener>();
    this.#guarded.set(name, ofName);
    const known = ofName.get(listener);
    if (known !== undefined) return known;
    const report = (thrown: unknown) => this.#report(name, thrown);
    const guarded: Listener = (...parameters) => this.#call(listener, parameters, report);
    ofName.set(listener, guarded);
    return guarded;
  }

  #call(listener: Listener, parameters: readonly unknown[], report: (thrown: unknown) => void): void {
    try {
      const result = listener(...parameters);
      if (result instanceof Promise) result.catch(report);
    } catch (thrown) {
      report(thrown);
    }
  }

  readonly #reportOfCalls = (thrown: unknown): void => this.#report("call", thrown);

  /** What a listener for errors throws can't be told to those. */
  #report(name: string, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(`A listener threw ${String(thrown)}.`);
    if (name === "error") {
      process.emitWarning(error);
      return;
    }
    this.enqueue("error", () => [error] as unknown as Events["error"]);
    this.flush();
  }
}
