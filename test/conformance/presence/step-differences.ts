import { canonical } from "./canonical-json.ts";
import type { Members } from "./diff-follower.ts";
import type { Outcome } from "./perform-step.ts";
import type { ToldDiff, World } from "./presence-replay.ts";
import type { Step, StepOf } from "./presence-trace.ts";
import { eventsWithoutRefused, isRefused, withoutRefused } from "./refused-keys.ts";

/** Where what a step came to differs from what it came to in the reference. */
export function resultDifferences(step: Step, outcome: Outcome, { labels }: World): string[] {
  if (isRefused(step)) return refusalDifferences(step, outcome);
  switch (step.op) {
    case "track":
    case "update":
      return trackDifferences(step, outcome, labels);
    case "list":
      return listDifferences(step, projectionOf(outcome), labels);
    case "get_by_key":
      return difference(
        "presence",
        step.result.presence === undefined ? "nothing" : canonical(step.result.presence),
        projectionOf(outcome) === undefined ? "nothing" : canonical(projectionOf(outcome), labels),
      );
    default:
      return [];
  }
}

/** Where the diffs of a step, and what they add up to, differ from the recorded ones: topic by topic, in order. */
export function eventDifferences(
  step: Step,
  told: readonly ToldDiff[],
  members: ReadonlyMap<string, Members>,
  { labels, topics }: World,
  handlesMetas: boolean,
): string[] {
  const events = isRefused(step) ? [] : eventsWithoutRefused(step.events);
  const stray = [...events, ...told].find(({ topic }) => !topics.includes(topic));
  if (stray !== undefined) return [`an event in ${stray.topic}, no topic of the trace`];
  return topics.flatMap((topic) => {
    const ours = told.filter((diff) => diff.topic === topic);
    const diffs = ours.map(({ joins, leaves }) => canonical({ joins, leaves }, labels));
    const metas = ours.map(({ joins, leaves }, at) => {
      members.get(topic)!.apply({ joins, leaves });
      return `${diffs[at]} making ${canonical(members.get(topic)!.toObject(), labels)}`;
    });
    const expected = events.filter((event) => event.topic === topic);
    const expectedDiffs = expected.flatMap((event) =>
      event.type === "diff" ? [canonical(event.payload)] : [],
    );
    const expectedMetas = expected.flatMap((event) =>
      event.type === "diff" ? [] : [`${canonical(event.diff)} making ${canonical(event.presences)}`],
    );
    return [
      ...difference(`diffs of ${topic}`, expectedDiffs.join("; "), diffs.join("; ")),
      ...difference(
        `handle_metas of ${topic}`,
        expectedMetas.join("; "),
        handlesMetas ? metas.join("; ") : "",
      ),
    ];
  });
}

function refusalDifferences({ op }: Step, outcome: Outcome): string[] {
  const isAnswered = typeof outcome === "object" && "ref" in outcome;
  const isRight = op === "track" ? errorOf(outcome) === "INVALID_ARGUMENT" : !isAnswered;
  return isRight ? [] : ["an empty key was not refused"];
}

function trackDifferences(
  step: StepOf<"track"> | StepOf<"update">,
  outcome: Outcome,
  labels: Map<string, string>,
): string[] {
  if ("ok" in step.result && typeof outcome === "object" && "ref" in outcome) {
    if (labels.has(outcome.ref)) return [`the ref ${outcome.ref} was given before`];
    if ([...labels.values()].includes(step.result.ok)) return [`the trace gives ${step.result.ok} twice`];
    labels.set(outcome.ref, step.result.ok);
    return [];
  }
  const expected = "ok" in step.result ? "a ref" : CODES[step.result.error];
  return difference("result", expected, errorOf(outcome) ?? "a ref");
}

const CODES = { already_tracked: "ALREADY_TRACKED", nopresence: "NOT_TRACKED" };

function listDifferences({ result }: StepOf<"list">, value: unknown, labels: World["labels"]): string[] {
  const presences = value as { [key: string]: { metas?: { phx_ref: string }[] } };
  const refs = Object.entries(presences).map(([key, { metas = [] }]): [string, Set<string | undefined>] => {
    return [key, new Set(metas.map(({ phx_ref }) => labels.get(phx_ref)))];
  });
  const misplaced = [...(result.rawOrder ?? [])].filter(([key, order]) => {
    const ours = refs.find(([name]) => name === key)?.[1];
    return key !== "" && (ours?.size !== order.length || !order.every((ref) => ours.has(ref)));
  });
  return [
    ...difference("presences", canonical(withoutRefused(result.presences)), canonical(presences, labels)),
    ...misplaced.map(
      ([key, order]) => `raw_order of ${JSON.stringify(key)}: [${order}] are not our refs of it`,
    ),
  ];
}

function errorOf(outcome: Outcome): string | undefined {
  return typeof outcome === "object" && "errorCode" in outcome ? outcome.errorCode : undefined;
}

function projectionOf(outcome: Outcome): unknown {
  return typeof outcome === "object" && "value" in outcome ? outcome.value : undefined;
}

function difference(what: string, expected: string, ours: string): string[] {
  return expected === ours ? [] : [`${what}\n    expected: ${expected}\n    ours:     ${ours}`];
}
