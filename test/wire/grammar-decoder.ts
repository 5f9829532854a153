/**
 * A decoder made of nothing but the grammar in docs/wire.md, line by line, and sharing no code with ours. It checks
 * nothing: it reads what is well formed.
 */
export function decodeByGrammar(bytes: Uint8Array): unknown {
  const page = new Page(bytes);
  const [version, newest, shard, kind] = [page.byte(), page.byte(), page.byte(), page.byte()];
  const counter = page.number();
  const sender = { name: page.text("names"), id: page.text("names"), startedAt: page.number() };
  const body = bodyOf(page, kind, sender.id);
  return { version, newest, shard, message: { ...body, sender, counter }, left: bytes.length - page.at };
}

function bodyOf(page: Page, kind: number, sender: string): object {
  if (kind === 1) return { type: "delta", fragment: fragmentOf(page, sender), seen: page.intervals() };
  if (kind === 2) {
    const seen = page.intervals();
    const digest = [page.byte(), page.byte(), page.byte(), page.byte()].reduce(
      (sum, byte) => sum * 256 + byte,
      0,
    );
    const leaveDelayMs = page.number();
    const others = page.list(() => {
      const [id, name] = [page.text("names"), page.text("names")];
      return { id, name, startedAt: page.number(), seen: page.intervals() };
    });
    return { type: "heartbeat", seen, digest, leaveDelayMs, others };
  }
  if (kind === 5) return { type: "leaving", lingerMs: page.number() };
  const [to, request] = [page.text("names"), page.number()];
  if (kind === 3) {
    const wants = page.list(() => ({ replica: page.text("names"), seen: page.intervals() }));
    return { type: "pull", to, request, wants };
  }
  const fragments = page.list(() => fragmentOf(page, page.text("names")));
  return {
    type: "push",
    to,
    request,
    fragments,
    part: page.number(),
    parts: page.number(),
    addingParts: page.number(),
  };
}

function fragmentOf(page: Page, replica: string): object {
  const seen = new Set<number>();
  const live: { dot: number }[] = [];
  const leaves: { leave: number; dead: number }[] = [];
  let [dot, owner] = [0, 0];
  for (let tag = page.number(); tag !== 0; tag = page.number()) {
    const kind = tag % 4;
    dot += integerOf((tag - kind) / 4);
    seen.add(dot);
    if (kind === 0) {
      for (const high = dot + page.number(); dot < high; ) seen.add(++dot);
    } else if (kind === 3) {
      leaves.push({ leave: dot, dead: dot - page.number() });
      seen.add(leaves.at(-1)!.dead);
    } else {
      const replaced = kind === 2 ? dot - page.number() : 0;
      owner += integerOf(page.number());
      const [topic, key] = [page.text("topics"), page.text("keys")];
      live.push({ dot, owner, topic, key, content: JSON.parse(page.text("metas")), replaced } as {
        dot: number;
      });
    }
  }
  live.sort((one, other) => one.dot - other.dot);
  leaves.sort((one, other) => one.leave - other.leave);
  return { replica, seen: [...seen].sort((one, other) => one - other), live, leaves };
}

/** Undoes `zigzag`. */
function integerOf(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

class Page {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #tables = { names: [""], topics: [""], keys: [""], metas: [""] };

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
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
    const found: [number, number][] = [];
    let before = 0;
    for (let gap = this.number(); gap !== 0; gap = this.number()) {
      const low = before + gap;
      before = low + this.number();
      found.push([low, before]);
    }
    return found;
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
