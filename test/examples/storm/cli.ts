/**
 * A storm of readers on the blog in three processes: 5 000 connections, at most 1 000 open at once, over its ten
 * articles. At the end every node, and every page still open, must say the true numbers. `npm run storm`.
 */
import { articles } from "../../../examples/live-readers/articles.ts";
import { Progress } from "../../../scripts/progress.ts";
import { waitUntil } from "../../../scripts/wait-until.ts";
import { seededRandom } from "../../../src/testing/seeded-random.ts";
import { startBlog } from "../blog-process.ts";
import { StormReader } from "./storm-reader.ts";

const connections = 5_000;
const openAtOnce = 1_000;
const stayingEvery = 3;
const limitMs = 60_000;

const random = seededRandom(7);
const blog = await startBlog(3, "--diff-window", "100");
const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1_000).toFixed(1)} s`;

const fronts = await Promise.all(blog.urls.map((url) => StormReader.open(url)));
const staying = new Set<StormReader>();
const progress = new Progress("storm", { of: connections, unit: "connections" });
let begun = 0;
let open = 0;
let most = 0;

/** One after another in each of so many places, until all were there. */
await Promise.all(
  Array.from({ length: openAtOnce }, async () => {
    while (begun < connections) {
      const isLast = begun++ >= connections - openAtOnce;
      const slug = articles[Math.floor(random() * articles.length)]!.slug;
      const node = blog.urls[Math.floor(random() * blog.urls.length)]!;
      const [wayToGo, stays] = [random(), isLast && begun % stayingEvery === 0];
      most = Math.max(most, ++open);
      progress.at(begun);
      const reader = await StormReader.open(node, slug);
      if (stays) {
        staying.add(reader);
        return;
      }
      await reader.leave(wayToGo < 0.5 ? "closes" : "is cut off");
      open--;
    }
  }),
);
progress.clear();
console.log(`${begun} connections, at most ${most} at once, ${staying.size} stay: ${seconds()}`);

progress.at(begun, "until all say the same");
const truth = new Map(articles.map(({ slug }) => [slug, 0]));
for (const { slug } of staying) truth.set(slug!, truth.get(slug!)! + 1);
const isTrue = (counts: ReadonlyMap<string, number>) =>
  [...counts].every(([slug, count]) => truth.get(slug) === count);
const nodes = () => Promise.all(blog.urls.map((_, node) => blog.counts(node)));

await waitUntil(
  async () => {
    const said = await nodes();
    return (
      said.every((counts) => counts.size === truth.size && isTrue(counts)) &&
      fronts.every(({ counts }) => counts.size === truth.size && isTrue(counts)) &&
      [...staying].every(({ counts }) => counts.size === 1 && isTrue(counts))
    );
  },
  () => `all to say ${[...truth.values()]}`,
);
progress.end();
const tookMs = performance.now() - started;
for (const [node, counts] of (await nodes()).entries())
  console.log(`node ${node + 1}: ${[...counts.values()]}`);
console.log(`the truth: ${[...truth.values()]}; said by all nodes and all open pages after ${seconds()}`);
if (tookMs > limitMs) throw new Error(`it took more than ${limitMs / 1_000} s`);

process.exitCode = (await blog.stop()) ?? 1;
