/** An account of the example, and the token that it would get by logging in. */
export interface Account {
  readonly name: string;
  readonly token: string;
}

export const accounts: readonly Account[] = [
  { name: "Ada", token: "demo-4f1c9ae27b" },
  { name: "Ben", token: "demo-b86d03f5c2" },
  { name: "Cleo", token: "demo-17e5aa904d" },
  { name: "Dov", token: "demo-c0928d6e31" },
];
