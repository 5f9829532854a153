import { type FormEvent, type ReactElement, useId, useState } from "react";
import { maxTextLength } from "../room.ts";
import type { Room } from "./join-room.ts";

/** The field for a message, and the button that sends it. */
export function Composer({ room }: { room: Room }): ReactElement {
  const id = useId();
  const [text, setText] = useState("");

  function changeText(next: string): void {
    setText(next);
    room.onInput(next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (text.trim() === "") return;
    room.send(text.trim());
    changeText("");
  }

  return (
    <form className="composer" onSubmit={submit}>
      <label htmlFor={id}>Message</label>
      <input
        id={id}
        value={text}
        maxLength={maxTextLength}
        autoComplete="off"
        placeholder="Say something"
        onChange={({ target }) => changeText(target.value)}
      />
      <button type="submit">Send</button>
    </form>
  );
}
