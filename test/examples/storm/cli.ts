/**
 * A storm of readers on the ten articles of a blog with three nodes: 5 000 connections, at most 1 000 of them at once.
 * At the end every node, and every page that is still open, must show the right numbers. `npm run storm`.
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
const deadlineMs = 60_000;

const random = seededRandom(7);
const blog = await startBlog(3, "--diff-window", "100");
const started = performance.now();
const seconds = () => `${((performance.now() - started) / 1_000).toFixed(1)} s`;

const fronts = await Promise.all(blog.urls.map((url) => StormReader.open(url)));
const staying = new Set<StormReader>();
const progress = new Progress("storm", { of: connections, unit: "connections" });
let opened = 0;
let open = 0;
let maxOpen = 0;

// `openAtOnce` loops, each of which opens one connection after another.
await Promise.all(
  Array.from({ length: openAtOnce }, async () => {
    while (opened < connections) {
      const isLast = opened++ >= connections - openAtOnce;
      const slug = articles[Math.floor(random() * articles.length)]!.slug;
      const node = blog.urls[Math.floor(random() * blog.urls.length)]!;
      const [leaving, stays] = [random(), isLast && opened % stayingEvery === 0];
      maxOpen = Math.max(maxOpen, ++open);
      progress.at(opened);
      const reader = await StormReader.open(node, slug);
      if (stays) {
        staying.add(reader);
        return;
      }
      await reader.leave(leaving < 0.5 ? "closes" : "is cut off");
      open--;
    }
  }),
);
progress.clear();
console.log(`${opened} connections, at most ${maxOpen} at once, ${staying.size} stay: ${seconds()}`);

progress.at(opened, "until all numbers are right");
const truth = new Map(articles.map(({ slug }) => [slug, 0]));
for (const { slug } of staying) truth.set(slug!, truth.get(slug!)! + 1);
const areRight = (counts: ReadonlyMap<string, number>) =>
  [...counts].every(([slug, count]) => truth.get(slug) === count);
const countsOfNodes = () => Promise.all(blog.urls.map((_, node) => blog.counts(node)));

await waitUntil(
  async () => {
    const shown = await countsOfNodes();
    return (
      shown.every((counts) => counts.size === truth.size && areRight(counts)) &&
      fronts.every(({ counts }) => counts.size === truth.size && areRight(counts)) &&
      [...staying].every(({ counts }) => counts.size === 1 && areRight(counts))
    );
  },
  () => `all nodes and pages to show ${[...truth.values()]}`,
);
progress.end();
const tookMs = performance.now() - started;
for (const [node, counts] of (await countsOfNodes()).entries())
  console.log(`node ${node + 1}: ${[...counts.values()]}`);
console.log(
  `the right numbers: ${[...truth.values()]}; all nodes and all open pages show them after ${seconds()}`,
);
if (tookMs > deadlineMs) throw new Error(`the storm took more than ${deadlineMs / 1_000} s`);

process.exitCode = (await blog.stop()) ?? 1;
