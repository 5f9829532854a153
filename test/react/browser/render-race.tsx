import { type ReactElement, startTransition, useLayoutEffect } from "react";
import { createRoot } from "react-dom/client";
import { createCountStore } from "../../../src/client/index.ts";
import { useCount } from "../../../src/react/index.ts";
import type { RenderRace } from "./hooks-page-api.ts";

const names = Array.from({ length: 24 }, (_, n) => `reader ${n}`);
const counts = createCountStore<"readers">();
const commits: number[][] = [];
const renderedBefore: number[] = [];
let rendered = 0;

/** Resolves once all readers show the last count, or once a commit shows different counts. */
export async function raceRenders(container: Element): Promise<RenderRace> {
  counts.receive({ event: "presence_state", payload: { readers: { count: 0 } } });
  const root = createRoot(container);
  startTransition(() => root.render(names.map((name) => <Reader key={name} />)));
  while (commits.every(({ length }) => length === 1) && commits.at(-1)?.[0] !== 2)
    await new Promise((resolve) => setTimeout(resolve));
  root.unmount();
  return { commits, renderedBefore };
}

function Reader(): ReactElement {
  const count = useCount(counts, "readers");
  rendered++;
  if (rendered === 8 || rendered === 16) setTimeout(receiveJoin);
  // Blocks for longer than React renders without yielding.
  const end = performance.now() + 8;
  while (performance.now() < end);
  useLayoutEffect(() => {
    const shown = Array.from(document.querySelectorAll("output"), ({ textContent }) => Number(textContent));
    commits.push([...new Set(shown)]);
  });
  return <output>{count}</output>;
}

function receiveJoin(): void {
  renderedBefore.push(rendered);
  const joins = { readers: { count: 1 } };
  counts.receive({ event: "presence_diff", payload: { joins, leaves: {} } });
}
