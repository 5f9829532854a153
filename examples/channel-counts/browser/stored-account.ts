import { type Account, accounts } from "./accounts.ts";

const storageKey = "account";

/** The account of this tab. Each tab has its own, so one browser can show several users. */
export function storedAccount(): Account | undefined {
  return accounts.find(({ name }) => name === sessionStorage.getItem(storageKey));
}

export function storeAccount(account: Account | undefined): void {
  if (account) sessionStorage.setItem(storageKey, account.name);
  else sessionStorage.removeItem(storageKey);
}
