/**
 * A decoder that follows the grammar in docs/wire.md line by line, and shares no code with ours. It expects well-formed
 * messages and checks nothing.
 */
export function decodeByGrammar(bytes: Uint8Array): unknown {
  const input = new GrammarReader(bytes);
  const [version, newest, shard, kind] = [input.byte(), input.byte(), input.byte(), input.byte()];
  const counter = input.number();
  const sender = { name: input.text("names"), id: input.text("names"), startedAt: input.number() };
  const body = bodyOf(input, kind, sender.id);
  const tag = input.bytes(bytes.length - input.at - 5);
  const seal = input.byte();
  const checksum = input.bytes(4);
  return { version, newest, shard, message: { ...body, sender, counter }, tag, seal, checksum };
}

function bodyOf(input: GrammarReader, kind: number, sender: string): object {
  if (kind === 1) {
    const [fragment, seen] = [fragmentOf(input, sender), input.intervals()];
    return { type: "delta", fragment, seen, ...handoverOf(input) };
  }
  if (kind === 2) {
    const seen = input.intervals();
    const digest = [input.byte(), input.byte(), input.byte(), input.byte()].reduce(
      (sum, byte) => sum * 256 + byte,
      0,
    );
    const leaveDelayMs = input.number();
    const heartbeatIntervalMs = input.number();
    const others = input.list(() => {
      const [id, name] = [input.text("names"), input.text("names")];
      return { id, name, startedAt: input.number(), seen: input.intervals() };
    });
    const told = { seen, digest, leaveDelayMs, heartbeatIntervalMs, others };
    return { type: "heartbeat", ...told, ...handoverOf(input) };
  }
  if (kind === 5) return { type: "leaving", lingerMs: input.number(), lastDot: input.number() };
  const [to, request] = [input.text("names"), input.number()];
  if (kind === 3) {
    const wants = input.list(() => ({ replica: input.text("names"), seen: input.intervals() }));
    return { type: "pull", to, request, wants };
  }
  const fragments = input.list(() => fragmentOf(input, input.text("names")));
  return {
    type: "push",
    to,
    request,
    fragments,
    part: input.number(),
    parts: input.number(),
    addingParts: input.number(),
  };
}

function fragmentOf(input: GrammarReader, replica: string): object {
  const seen = new Set<number>();
  const live: { dot: number }[] = [];
  const leaves: { leave: number; ended: number }[] = [];
  let [dot, owner] = [0, 0];
  for (let tag = input.number(); tag !== 0; tag = input.number()) {
    const kind = tag % 4;
    dot += integerOf((tag - kind) / 4);
    seen.add(dot);
    if (kind === 0) {
      for (const high = dot + input.number(); dot < high; ) seen.add(++dot);
    } else if (kind === 3) {
      leaves.push({ leave: dot, ended: dot - input.number() });
      seen.add(leaves.at(-1)!.ended);
    } else {
      const replaced = kind === 2 ? dot - input.number() : 0;
      owner += integerOf(input.number());
      const [topic, key] = [input.text("topics"), input.text("keys")];
      live.push({ dot, owner, topic, key, content: JSON.parse(input.text("metas")), replaced } as {
        dot: number;
      });
    }
  }
  live.sort((one, other) => one.dot - other.dot);
  leaves.sort((one, other) => one.leave - other.leave);
  return { replica, seen: [...seen].sort((one, other) => one - other), live, leaves };
}

function handoverOf(input: GrammarReader): object {
  const handover = {
    lastPendingLeave: 0,
    pendingLeaves: [] as number[],
    claims: [] as object[],
    answers: [] as object[],
  };
  const numbers = [0, 0, 0, 0];
  let isEmpty = true;
  for (let mark = input.number(); mark !== 0; mark = input.number()) {
    isEmpty = false;
    const kind = mark % 4;
    numbers[kind]! += integerOf((mark - kind) / 4);
    const number = numbers[kind]!;
    if (kind === 0) handover.lastPendingLeave = number;
    else if (kind === 1) handover.pendingLeaves.push(number);
    else if (kind === 2) {
      const target = input.number();
      const replica = target === 0 ? undefined : input.text("names");
      const [topic, key] = [input.text("topics"), input.text("keys")];
      handover.claims.push({
        number,
        ...(replica && { replica }),
        upTo: Math.max(0, target - 1),
        topic,
        key,
      });
    } else {
      handover.answers.push({ claimer: input.text("names"), number, isGranted: input.byte() === 1 });
    }
  }
  return isEmpty ? {} : { handover };
}

/** The inverse of `zigzag`. */
function integerOf(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

class GrammarReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #tables = { names: [""], topics: [""], keys: [""], metas: [""] };

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  bytes(count: number): string {
    this.at += count;
    return Buffer.from(this.#bytes.subarray(this.at - count, this.at)).toString("hex");
  }

  number(): number {
    const byte = this.byte();
    return byte < 128 ? byte : byte - 128 + 128 * this.number();
  }

  text(table: "names" | "topics" | "keys" | "metas"): string {
    const strings = this.#tables[table];
    const head = this.number();
    if (head % 2 === 1 && head >= 3) return strings[(head - 1) / 2]!;
    const text = head === 1 ? this.#utf16(this.number()) : this.#utf8(head / 2);
    strings.push(text);
    return text;
  }

  intervals(): [low: number, high: number][] {
    const intervals: [number, number][] = [];
    let previousHigh = 0;
    for (let gap = this.number(); gap !== 0; gap = this.number()) {
      const low = previousHigh + gap;
      previousHigh = low + this.number();
      intervals.push([low, previousHigh]);
    }
    return intervals;
  }

  list<Item>(readItem: () => Item): Item[] {
    const items: Item[] = [];
    while (this.#bytes[this.at] !== 0) items.push(readItem());
    this.at++;
    return items;
  }

  #utf8(length: number): string {
    this.at += length;
    return Buffer.from(this.#bytes.subarray(this.at - length, this.at)).toString("utf8");
  }

  #utf16(units: number): string {
    let text = "";
    for (let unit = 0; unit < units; unit++) text += String.fromCharCode(this.byte() * 256 + this.byte());
    return text;
  }
}
