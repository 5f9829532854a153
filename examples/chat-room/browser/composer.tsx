import { type FormEvent, type ReactElement, useId, useState } from "react";
import { longestText } from "../room.ts";
import type { Room } from "./join-room.ts";

/** Where one writes. */
export function Composer({ room }: { room: Room }): ReactElement {
  const id = useId();
  const [text, setText] = useState("");

  function write(next: string): void {
    setText(next);
    room.onInput(next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() === "") return;
    room.send(text.trim());
    write("");
  }

  return (
    <form className="composer" onSubmit={submit}>
      <label htmlFor={id}>Message</label>
      <input
        id={id}
        value={text}
        maxLength={longestText}
        autoComplete="off"
        placeholder="Say something"
        onChange={({ target }) => write(target.value)}
      />
      <button type="submit">Send</button>
    </form>
  );
}
