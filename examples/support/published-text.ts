import type { Counts, Meta, Presence } from "../../src/index.ts";

/** A presence of which only numbers leave the process. */
type PresenceOfCounts<Key extends string> = Pick<Presence<Meta, Counts<Key>>, "traffic" | "count">;

/**
 * What a node has published for the other nodes, as a line for the footer of its pages. Each node publishes its own share of
 * the numbers, and shows their sum.
 */
export function publishedText<Key extends string>(
  presence: PresenceOfCounts<Key>,
  topics: readonly string[],
  keys: readonly Key[],
): string {
  const { sentMessages, sentBytes } = presence.traffic();
  const numbers = topics
    .filter((topic) => presence.count(topic) > 0)
    .map((topic) => `${topic} ${keys.map((key) => `${key} ${presence.count(topic, key)}`).join(", ")}`);
  const messages = `${sentMessages} message${sentMessages === 1 ? "" : "s"}, ${sizeText(sentBytes)}`;
  const counts = numbers.join("; ") || "all 0 now";
  return `What left this process: ${messages}. In them: its share of these counts (${counts}), and no owner, meta or ref.`;
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
