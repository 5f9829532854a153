import { EventEmitter } from "eventemitter3";
import { assertFunction, unknownNameError } from "../checks/check-argument.ts";
import { errorOf } from "../checks/reason-of.ts";
import { forLog } from "../log-message.ts";

// biome-ignore lint/suspicious/noExplicitAny: the parameters of a listener are checked where it is registered.
type Listener = (...parameters: any[]) => unknown;

/**
 * An event emitter that keeps events in order: each event reaches all of its listeners before the next event begins, even
 * when a listener causes that next event. A listener that throws, or whose promise rejects, stops neither the other
 * listeners nor the emitter: its error becomes an `error` event.
 *
 * `once` and `on` of `node:events` work with it, as it has the methods that they call.
 */
export class OrderedEmitter<
  Events extends { [Name in keyof Events]: readonly unknown[] } & { error: [error: Error] },
> {
  readonly #names: readonly string[];
  readonly #emitter = new EventEmitter();
  /** By event and listener: one wrapper per registration, as a listener may be registered several times. */
  readonly #wrappers = new Map<string, Map<Listener, Listener[]>>();
  readonly #queue: { readonly name: string | undefined; readonly run: () => void }[] = [];
  /** The functions to run before the next item of the queue. */
  readonly #next: (() => void)[] = [];
  #isFlushing = false;

  /** `names` has every event that can happen. */
  constructor(names: { readonly [Name in keyof Events]: true }) {
    this.#names = Object.keys(names);
  }

  on<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): this {
    this.#add(name, listener, false);
    return this;
  }

  addListener<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): this {
    return this.on(name, listener);
  }

  once<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): this {
    this.#add(name, listener, true);
    return this;
  }

  /** Removes the listener's last registration, as `node:events` does. */
  off<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): this {
    this.#assertValid(name, listener);
    const wrapped = this.#wrappers.get(name)?.get(listener)?.at(-1);
    if (wrapped !== undefined) this.#remove(name, listener, wrapped);
    return this;
  }

  removeListener<Name extends keyof Events & string>(
    name: Name,
    listener: (...parameters: Events[Name]) => unknown,
  ): this {
    return this.off(name, listener);
  }

  listenerCount(name: keyof Events & string): number {
    this.#assertName(name);
    return this.#emitter.listenerCount(name);
  }

  hasListeners(name: keyof Events & string): boolean {
    return this.#emitter.listenerCount(name) > 0;
  }

  /** Whether the queue holds an item of this name: what it reports is true already. */
  isQueued(name: keyof Events & string): boolean {
    return this.#queue.some((queued) => queued.name === name);
  }

  /** Queues an event. `parameters` is called when the event's turn comes, and only if the event has listeners. */
  enqueue<Name extends keyof Events & string>(name: Name, parameters: () => Events[Name]): void {
    this.#queue.push({ name, run: () => this.#emit(name, parameters) });
  }

  /** Queues a function among the events; `name` is for `isQueued`. Its own listeners go through `callListener`. */
  enqueueCall(run: () => void, name?: keyof Events & string): void {
    this.#queue.push({ name, run });
  }

  /**
   * Queues an event ahead of the queue, behind others that came by `enqueueNext` or `enqueueNextCall`. A queued function
   * uses it for the events that it derives: listeners get them before the next item of the queue.
   */
  enqueueNext<Name extends keyof Events & string>(name: Name, parameters: () => Events[Name]): void {
    this.#next.push(() => this.#emit(name, parameters));
  }

  /** Queues a function where `enqueueNext` queues an event. */
  enqueueNextCall(run: () => void): void {
    this.#next.push(run);
  }

  /** Calls a function that is no listener of an event. What it throws still becomes an `error` event. */
  callListener<Parameters extends readonly unknown[]>(
    listener: (...parameters: Parameters) => unknown,
    ...parameters: Parameters
  ): void {
    this.#call(listener, parameters, this.#reportOfCalls);
  }

  /** The same as `callListener`, and calls `onFailure` after the listener has thrown or rejected. */
  callWith<Parameters extends readonly unknown[]>(
    listener: (...parameters: Parameters) => unknown,
    onFailure: () => void,
    ...parameters: Parameters
  ): void {
    this.#call(listener, parameters, (thrown) => {
      onFailure();
      this.#reportOfCalls(thrown);
    });
  }

  /** Runs all that is queued, unless a flush is running already: then that one runs it. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    for (let run = this.#take(); run !== undefined; run = this.#take()) run();
    this.#isFlushing = false;
  }

  #take(): (() => void) | undefined {
    return this.#next.shift() ?? this.#queue.shift()?.run;
  }

  #emit<Name extends keyof Events & string>(name: Name, parameters: () => Events[Name]): void {
    if (this.hasListeners(name)) this.#emitter.emit(name, ...parameters());
    else if (name === "error") process.emitWarning(forLog(parameters()[0] as Error));
  }

  #add(name: string, listener: Listener, isOnce: boolean): void {
    this.#assertValid(name, listener);
    const report = (thrown: unknown) => this.#report(name, thrown);
    const wrapped: Listener = (...parameters) => {
      if (isOnce) this.#remove(name, listener, wrapped);
      this.#call(listener, parameters, report);
    };
    const ofName = this.#wrappers.get(name) ?? new Map<Listener, Listener[]>();
    this.#wrappers.set(name, ofName);
    ofName.set(listener, [...(ofName.get(listener) ?? []), wrapped]);
    this.#emitter.on(name, wrapped);
  }

  #remove(name: string, listener: Listener, wrapped: Listener): void {
    const ofName = this.#wrappers.get(name);
    const others = ofName?.get(listener)?.filter((other) => other !== wrapped) ?? [];
    if (others.length > 0) ofName?.set(listener, others);
    else ofName?.delete(listener);
    this.#emitter.off(name, wrapped);
  }

  /** @throws {InvalidArgumentError} for an event that never happens, or a listener that is no function. */
  #assertValid(name: string, listener: unknown): void {
    this.#assertName(name);
    assertFunction("listener", listener, "Pass the function to call at the event.");
  }

  #assertName(name: string): void {
    if (!this.#names.includes(name)) throw unknownNameError("event", name, this.#names);
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

  /** An error of an `error` listener becomes a process warning: as an `error` event it would never end. */
  #report(name: string, thrown: unknown): void {
    const error = errorOf(thrown, "A listener");
    if (name === "error") {
      process.emitWarning(forLog(error));
      return;
    }
    this.enqueue("error", () => [error] as unknown as Events["error"]);
    this.flush();
  }
}
