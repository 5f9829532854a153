/** The package has no types, so these cover the part that is measured. */
declare module "delta-crdts" {
  /** A state, or the part of one that changed. */
  export type Delta = object;

  export interface Aworset<Value> {
    add(value: Value): Delta;
    apply(delta: Delta): unknown;
    state(): Delta;
    value(): Set<Value>;
  }

  export default function crdts(type: "aworset"): <Value>(id: string) => Aworset<Value>;
}
