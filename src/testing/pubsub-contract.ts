import { type BytesRule, bytesRules } from "./pubsub-rules/bytes.ts";
import { type ClosingRule, closingRules } from "./pubsub-rules/closing.ts";
import { type DeliveryRule, deliveryRules } from "./pubsub-rules/delivery.ts";
import { type ReconnectingRule, reconnectingRules } from "./pubsub-rules/reconnecting.ts";
import { type ContractCast, RuleRun } from "./pubsub-rules/rule-run.ts";
import { type UnsubscribingRule, unsubscribingRules } from "./pubsub-rules/unsubscribing.ts";

/**
 * The names of all rules. Use it to list the rules that your transport cannot keep: the compiler refuses a name that is
 * misspelled or no longer exists.
 *
 * @example
 * const skipped: Partial<Record<PubSubRule, string>> = { "delivers an empty message": "the broker drops them" };
 */
export type PubSubRule = DeliveryRule | BytesRule | UnsubscribingRule | ClosingRule | ReconnectingRule;

/**
 * One promise of `PubSub`.
 *
 * @example
 * const { rule, run }: ContractRule = pubSubContract[0]!;
 */
export interface ContractRule {
  /** What the rule demands. Use it as the name of a test. */
  readonly rule: PubSubRule;
  /** Checks the rule. Rejects with a description of the problem if the driver breaks it. */
  readonly run: (cast: ContractCast) => Promise<void>;
}

/**
 * The rules that every driver must keep: the contract of `PubSub` as tests, for any test runner. The transport must be
 * healthy while a rule runs: only `interrupt` may cause a message to be lost.
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
}).map(([rule, check]) => ({
  rule: rule as PubSubRule,
  async run(cast) {
    const run = new RuleRun(cast);
    try {
      await check(run);
    } finally {
      await run.unsubscribeAll();
    }
  },
}));
