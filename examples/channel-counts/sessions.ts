/** The user id of each session token. A real application signs its tokens, or looks them up in a database. */
const userIds = new Map([
  ["demo-4f1c9ae27b", "usr_01HZX9A1"],
  ["demo-b86d03f5c2", "usr_01HZX9B2"],
  ["demo-17e5aa904d", "usr_01HZX9C3"],
  ["demo-c0928d6e31", "usr_01HZX9D4"],
]);

/** Returns `undefined` if the token is missing, invalid or expired. */
export function userIdOf(token: string | null): string | undefined {
  return token === null ? undefined : userIds.get(token);
}
