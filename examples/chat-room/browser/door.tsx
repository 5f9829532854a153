import { type FormEvent, type ReactElement, useId } from "react";
import { longestName } from "../room.ts";

/** Asks who comes. A product asks for a password too. */
export function Door({ onEnter }: { onEnter: (name: string) => void }): ReactElement {
  const id = useId();

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).trim();
    if (name !== "") onEnter(name);
  }

  return (
    <main className="door">
      <h1>The Snug</h1>
      <p>A small room. You see who is in it, and they see you.</p>
      <form onSubmit={submit}>
        <label htmlFor={id}>Your name</label>
        <input id={id} name="name" required maxLength={longestName} autoComplete="nickname" />
        <button type="submit">Come in</button>
      </form>
    </main>
  );
}
