import { createCountStore, createPresenceStore, type PresenceEntry } from "../../src/client/index.ts";
import { useCount, usePresence } from "../../src/react/index.ts";

// The types of the hooks. Nothing here runs.

interface Reader extends PresenceEntry<{ device: "phone" | "laptop" }> {
  readonly user: { readonly name: string };
}
const readers = createPresenceStore<Reader>();
const counts = createCountStore<"users" | "viewers">();

export function useAll(): unknown[] {
  const names: string[] = usePresence(readers).map(([key, { user }]) => `${key}, ${user.name}`);
  const alice: Reader | undefined = usePresence(readers, "alice");
  const users: number | undefined = useCount(counts, "users");
  const devices: number | undefined = useCount(readers, "alice");
  // @ts-expect-error The store does not count that key.
  useCount(counts, "readers");
  // @ts-expect-error Counts have no presences.
  usePresence(counts);
  return [names, alice, users, devices];
}
