export type { Inspected } from "./inspected.ts";
export type { Inspection } from "./inspection.ts";
export { type Inspector, inspector } from "./inspector.ts";
export type { TopicCount } from "./largest-topics.ts";
export type { InspectorOptions } from "./options.ts";
export type { InspectedWarning } from "./warnings.ts";
