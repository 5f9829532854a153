/** Describes a value for an error message: a string or number itself, an object by its class. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? `${JSON.stringify(value.slice(0, 39))}…` : JSON.stringify(value);
    case "bigint":
      return "a bigint";
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

/** Describes a value without a string or number itself, for a log. */
export function describeKind(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `a ${typeof value}` : describeValue(value);
}

function describeObject(value: object): string {
  const name = classNameOf(value);
  if (name === "" || name === "Object") return "an object";
  if (name === "Array") return "an array";
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

/** The name of its class, or an empty string. It never throws, although a getter or a proxy may. */
function classNameOf(value: object): string {
  try {
    const name: unknown = value.constructor?.name;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}
