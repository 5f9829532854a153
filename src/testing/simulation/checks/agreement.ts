import type { SimulatedProcess } from "../simulated-process.ts";

/**
 * Equal `seen` means equal `live`: where it does not. A replica that is gone is nobody's business: where its presences
 * linger, each node lets go of them for reasons of its own, and tells no one.
 */
export function* disagreements(incarnations: Iterable<SimulatedProcess>, now: number): Generator<string> {
  const digests = new Map<string, { readonly digest: number; readonly label: string }>();
  for (const { core, label, knownReplicas } of incarnations) {
    const { presences } = core.replication;
    for (const replica of presences.replicas()) {
      if (knownReplicas.isRefused(replica, now)) continue;
      const digest = presences.digestOf(replica);
      const seen = `${replica} ${[...presences.seenOf(replica)].join()}`;
      const other = digests.get(seen);
      if (other === undefined) digests.set(seen, { digest, label });
      else if (other.digest !== digest) {
        yield `${label} and ${other.label} have seen the same of ${replica}, and hold something else`;
      }
    }
  }
}
