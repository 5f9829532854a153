import { type Account, accounts } from "./accounts.ts";

const place = "account";

/** Of this tab, so that others can be somebody else. */
export function storedAccount(): Account | undefined {
  return accounts.find(({ name }) => name === sessionStorage.getItem(place));
}

export function storeAccount(account: Account | undefined): void {
  if (account) sessionStorage.setItem(place, account.name);
  else sessionStorage.removeItem(place);
}
