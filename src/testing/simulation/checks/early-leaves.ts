/** A newcomer supersedes presences that began to wait until this long after it joined, apart from the way of a message. */
const MIN_NEWS_DELAY_MS = 100;

/** The times of a node that decide how late the news of a presence that waits may reach a newcomer. */
interface NewsTimes {
  readonly flushDelayMs: number;
  readonly broadcastPeriodMs: number;
}

/** The newcomers of one topic and key, and the presences that left early there. */
interface Account {
  /** For each newcomer, the latest time at which a presence that it supersedes has begun to wait. */
  readonly newcomers: number[];
  /** When each presence that has left early began to wait. */
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
    this.#accountOf(topic, key).newcomers.push(now + newsDelayMs);
  }

  /** A presence that has waited since a time left before its time was over, at its own node. */
  leftEarly(topic: string, key: string, waitedSince: number): void {
    const account = this.#accountOf(topic, key);
    account.early.push(waitedSince);
    this.#unchecked.set(account, `${key} in ${topic}`);
    this.count++;
  }

  /** What is wrong with the presences that have left early since the last check. */
  *unexplained(): Generator<string> {
    for (const [{ newcomers, early }, place] of this.#unchecked) {
      for (const since of early) {
        const left = early.filter((start) => start >= since).length;
        const joined = newcomers.filter((latest) => latest >= since).length;
        if (left <= joined) continue;
        const at = `${(since / 1_000).toFixed(3)} s`;
        yield `${left} presences of ${place} that waited since ${at} or later left early, but ${joined} newcomers explain that`;
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
