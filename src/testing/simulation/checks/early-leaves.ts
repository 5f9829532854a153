/** A newcomer supersedes presences that began to wait until this long after it joined, apart from the way of a message. */
const MIN_NEWS_DELAY_MS = 100;

/** The times of a node that decide how late the news of a presence that waits may reach a newcomer. */
interface NewsTimes {
  readonly flushDelayMs: number;
  readonly broadcastPeriodMs: number;
}

/** The newcomers of one topic and key, and the presences that left early there. */
interface Account {
  /** For each newcomer, the latest time at which a presence that it supersedes has begun to wait. In rising order. */
  readonly newcomers: number[];
  /** When each presence that has left early began to wait. In rising order. */
  readonly early: number[];
}

/**
 * Checks that errors downward never add up: of the presences that began to wait at any time or later, at most as many leave
 * before their time as newcomers with their topic and key have joined the cluster since, or shortly before.
 */
export class EarlyLeaves {
  readonly #accounts = new Map<string, Map<string, Account>>();
  /** The accounts with a presence that left early since the last check. */
  readonly #unchecked = new Map<Account, string>();
  /** How many presences have left early. */
  count = 0;

  /** A node tracks a new presence. */
  joined(topic: string, key: string, now: number, { flushDelayMs, broadcastPeriodMs }: NewsTimes): void {
    // A node takes no message to be on its way for longer than a period.
    const newsDelayMs = Math.max(MIN_NEWS_DELAY_MS, 4 * flushDelayMs) + broadcastPeriodMs;
    insert(this.#accountOf(topic, key).newcomers, now + newsDelayMs);
  }

  /** A presence that has waited since a time left before its time was over, at its own node. */
  leftEarly(topic: string, key: string, waitedSince: number): void {
    const account = this.#accountOf(topic, key);
    insert(account.early, waitedSince);
    this.#unchecked.set(account, `${key} in ${topic}`);
    this.count++;
  }

  /** What is wrong with the presences that have left early since the last check. */
  *unexplained(): Generator<string> {
    for (const [{ newcomers, early }, place] of this.#unchecked) {
      let joined = 0;
      for (let at = early.length - 1; at >= 0; at--) {
        const since = early[at]!;
        while (joined < newcomers.length && newcomers.at(-1 - joined)! >= since) joined++;
        const left = early.length - at;
        if (left <= joined) continue;
        const time = `${(since / 1_000).toFixed(3)} s`;
        yield `${left} presences of ${place} that waited since ${time} or later left early, but ${joined} newcomers explain that`;
        break;
      }
    }
    this.#unchecked.clear();
  }

  #accountOf(topic: string, key: string): Account {
    const keys = this.#accounts.get(topic) ?? new Map<string, Account>();
    this.#accounts.set(topic, keys);
    const account = keys.get(key) ?? { newcomers: [], early: [] };
    keys.set(key, account);
    return account;
  }
}

/** Adds a time to times in rising order. It is nearly always the latest. */
function insert(times: number[], time: number): void {
  let at = times.length;
  while (at > 0 && times[at - 1]! > time) at--;
  times.splice(at, 0, time);
}
