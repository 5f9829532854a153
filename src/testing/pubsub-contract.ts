import { type BytesRule, bytesRules } from "./pubsub-rules/bytes.ts";
import { type ClosingRule, closingRules } from "./pubsub-rules/closing.ts";
import { type DeliveryRule, deliveryRules } from "./pubsub-rules/delivery.ts";
import { type ReconnectingRule, reconnectingRules } from "./pubsub-rules/reconnecting.ts";
import { type ContractCast, RuleRun } from "./pubsub-rules/rule-run.ts";
import { type UnsubscribingRule, unsubscribingRules } from "./pubsub-rules/unsubscribing.ts";

/**
 * Every rule's name. A transport that can't keep one says so by its name, and the compiler sees that there is such a rule.
 *
 * @example
 * const skipped: Partial<Record<PubSubRule, string>> = { "brings an empty message": "the broker drops them" };
 */
export type PubSubRule = DeliveryRule | BytesRule | UnsubscribingRule | ClosingRule | ReconnectingRule;

/**
 * One promise of `PubSub`.
 *
 * @example
 * const { rule, run }: ContractRule = pubSubContract[0]!;
 */
export interface ContractRule {
  /** What it demands, as the name of a test. */
  readonly rule: PubSubRule;
  /** Rejects, and says what went wrong, where the rule is broken. */
  readonly run: (cast: ContractCast) => Promise<void>;
}

/**
 * What every driver must keep: the prose of `PubSub`, rule by rule, for any test runner. The transport must be healthy
 * meanwhile: no message may get lost but by `interrupt`.
 *
 * @example
 * for (const { rule, run } of pubSubContract) {
 *   it(rule, async ({ task }) => {
 *     const [alice, bob] = [myPubSub(), myPubSub()];
 *     await run({ alice, bob, topic: task.id });
 *     await Promise.all([alice.close(), bob.close()]);
 *   });
 * }
 */
export const pubSubContract: readonly ContractRule[] = Object.entries({
  ...deliveryRules,
  ...bytesRules,
  ...unsubscribingRules,
  ...closingRules,
  ...reconnectingRules,
}).map(([rule, play]) => ({
  rule: rule as PubSubRule,
  async run(cast) {
    const scene = new RuleRun(cast);
    try {
      await play(scene);
    } finally {
      await scene.unsubscribeAll();
    }
  },
}));
