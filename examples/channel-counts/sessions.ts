/** Who is logged in, by the token that the login gave them. In a product it is a signed token, or a row in a database. */
const userIds = new Map([
  ["demo-4f1c9ae27b", "usr_01HZX9A1"],
  ["demo-b86d03f5c2", "usr_01HZX9B2"],
  ["demo-17e5aa904d", "usr_01HZX9C3"],
  ["demo-c0928d6e31", "usr_01HZX9D4"],
]);

/** `undefined` for no token, and for one that is not valid, or no longer. */
export function userIdOf(token: string | null): string | undefined {
  return token === null ? undefined : userIds.get(token);
}
