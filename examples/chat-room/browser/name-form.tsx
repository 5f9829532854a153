import { type FormEvent, type ReactElement, useId } from "react";
import { longestName, nameOf } from "../room.ts";

/** Asks who comes. A product asks for a password too. */
export function NameForm({ onEnter }: { onEnter: (name: string) => void }): ReactElement {
  const id = useId();

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const name = nameOf(String(new FormData(event.currentTarget).get("name")));
    if (name !== undefined) onEnter(name);
  }

  return (
    <main className="door">
      <h1>The Snug</h1>
      <p>A small room. You see who is in it, and they see you.</p>
      <form onSubmit={submit}>
        <label htmlFor={id}>Your name</label>
        <input
          id={id}
          name="name"
          required
          maxLength={longestName}
          autoComplete="nickname"
          placeholder="Your name"
        />
        <button type="submit">Come in</button>
      </form>
    </main>
  );
}
