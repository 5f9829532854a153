import { type FormEvent, type ReactElement, useId } from "react";
import { type Account, accounts } from "./accounts.ts";

interface Props {
  readonly account: Account | undefined;
  readonly onChange: (account: Account | undefined) => void;
}

/** Logs the user in and out. A real application asks for a password here. */
export function AccountForm({ account, onChange }: Props): ReactElement {
  const id = useId();

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get("name");
    onChange(account ? undefined : accounts.find((other) => other.name === name));
  }

  return (
    <form onSubmit={submit}>
      {account ? (
        <span>{account.name}</span>
      ) : (
        <>
          <label htmlFor={id}>Account</label>
          <select id={id} name="name">
            {accounts.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </>
      )}
      <button type="submit">{account ? "Log out" : "Log in"}</button>
    </form>
  );
}
