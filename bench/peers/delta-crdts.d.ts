/** As much of it as is measured: the package has no types of its own. */
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
