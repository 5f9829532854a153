import { type FormEvent, type ReactElement, useId } from "react";
import { maxNameLength, nameOf } from "../room.ts";

/** Asks for a name. A real application also asks for a password. */
export function NameForm({ onJoin }: { onJoin: (name: string) => void }): ReactElement {
  const id = useId();

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const name = nameOf(String(new FormData(event.currentTarget).get("name")));
    if (name !== undefined) onJoin(name);
  }

  return (
    <main className="name-form">
      <h1>The Snug</h1>
      <p>A small room. You see who is in it, and they see you.</p>
      <form onSubmit={submit}>
        <label htmlFor={id}>Your name</label>
        <input
          id={id}
          name="name"
          required
          maxLength={maxNameLength}
          autoComplete="nickname"
          placeholder="Your name"
        />
        <button type="submit">Join</button>
      </form>
    </main>
  );
}
