import { canonicalJson } from "./canonical-json.ts";
import type { DiffFollower } from "./diff-follower.ts";
import type { CallOutcome } from "./perform-step.ts";
import type { EmittedDiff, PresenceReplay } from "./presence-replay.ts";
import type { PresenceStep, PresenceStepOf } from "./presence-trace.ts";
import { eventsWithoutRefused, isRefused, withoutRefused } from "./refused-keys.ts";

/** Compares the result of a step with the recorded one. */
export function resultDifferences(
  step: PresenceStep,
  outcome: CallOutcome,
  { labels }: PresenceReplay,
): string[] {
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
        step.result.presence === undefined ? "nothing" : canonicalJson(step.result.presence),
        projectionOf(outcome) === undefined ? "nothing" : canonicalJson(projectionOf(outcome), labels),
      );
    default:
      return [];
  }
}

/** Compares the diffs of a step, and the metas that they add up to, with the recorded ones, in order and by topic. */
export function eventDifferences(
  step: PresenceStep,
  emitted: readonly EmittedDiff[],
  followers: ReadonlyMap<string, DiffFollower>,
  { labels, topics }: PresenceReplay,
  handlesMetas: boolean,
): string[] {
  const events = isRefused(step) ? [] : eventsWithoutRefused(step.events);
  const misplaced = [...events, ...emitted].find(({ topic }) => !topics.includes(topic));
  if (misplaced !== undefined) return [`an event in ${misplaced.topic}, which is not a topic of the trace`];
  return topics.flatMap((topic) => {
    const ours = emitted.filter((diff) => diff.topic === topic);
    const diffs = ours.map(({ joins, leaves }) => canonicalJson({ joins, leaves }, labels));
    const metas = ours.map(({ joins, leaves }, at) => {
      followers.get(topic)!.apply({ joins, leaves });
      return `${diffs[at]} resulting in ${canonicalJson(followers.get(topic)!.toObject(), labels)}`;
    });
    const expected = events.filter((event) => event.topic === topic);
    const expectedDiffs = expected.flatMap((event) =>
      event.type === "diff" ? [canonicalJson(event.payload)] : [],
    );
    const expectedMetas = expected.flatMap((event) =>
      event.type === "diff"
        ? []
        : [`${canonicalJson(event.diff)} resulting in ${canonicalJson(event.presences)}`],
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

function refusalDifferences({ op }: PresenceStep, outcome: CallOutcome): string[] {
  const returnsRef = typeof outcome === "object" && "ref" in outcome;
  const isRight = op === "track" ? errorOf(outcome) === "INVALID_ARGUMENT" : !returnsRef;
  return isRight ? [] : ["an empty key was not refused"];
}

function trackDifferences(
  step: PresenceStepOf<"track"> | PresenceStepOf<"update">,
  outcome: CallOutcome,
  labels: Map<string, string>,
): string[] {
  if ("ok" in step.result && typeof outcome === "object" && "ref" in outcome) {
    if (labels.has(outcome.ref)) return [`an earlier step returned the ref ${outcome.ref} too`];
    if ([...labels.values()].includes(step.result.ok))
      return [`the trace uses the ref ${step.result.ok} twice`];
    labels.set(outcome.ref, step.result.ok);
    return [];
  }
  const expected = "ok" in step.result ? "a ref" : CODES[step.result.error];
  return difference("result", expected, errorOf(outcome) ?? "a ref");
}

const CODES = { already_tracked: "ALREADY_TRACKED", nopresence: "NOT_TRACKED" };

function listDifferences(
  { result }: PresenceStepOf<"list">,
  value: unknown,
  labels: PresenceReplay["labels"],
): string[] {
  const presences = value as { [key: string]: { metas?: { phx_ref: string }[] } };
  const refs = Object.entries(presences).map(([key, { metas = [] }]): [string, Set<string | undefined>] => {
    return [key, new Set(metas.map(({ phx_ref }) => labels.get(phx_ref)))];
  });
  const wrongRefs = [...(result.rawOrder ?? [])].filter(([key, order]) => {
    const ours = refs.find(([name]) => name === key)?.[1];
    return key !== "" && (ours?.size !== order.length || !order.every((ref) => ours.has(ref)));
  });
  return [
    ...difference(
      "presences",
      canonicalJson(withoutRefused(result.presences)),
      canonicalJson(presences, labels),
    ),
    ...wrongRefs.map(([key, order]) => `raw_order of ${JSON.stringify(key)}: our refs are not [${order}]`),
  ];
}

function errorOf(outcome: CallOutcome): string | undefined {
  return typeof outcome === "object" && "errorCode" in outcome ? outcome.errorCode : undefined;
}

function projectionOf(outcome: CallOutcome): unknown {
  return typeof outcome === "object" && "value" in outcome ? outcome.value : undefined;
}

function difference(what: string, expected: string, ours: string): string[] {
  return expected === ours ? [] : [`${what}\n    expected: ${expected}\n    ours:     ${ours}`];
}
