export type { Inspectable } from "./inspectable.ts";
export type { Inspection } from "./inspection.ts";
export { type Inspector, inspector } from "./inspector.ts";
export type { InspectorOptions } from "./inspector-options.ts";
export type { TopicCount } from "./largest-topics.ts";
export type { InspectedWarning } from "./warnings.ts";
