import type { ReactElement } from "react";

/** The first letter of a name, on a colour that depends on the name. */
export function Avatar({ name }: { name: string }): ReactElement {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)!) % 360;
  return (
    <span className="avatar" style={{ backgroundColor: `hsl(${hue} 40% 34%)` }} aria-hidden>
      {Array.from(name)[0]!.toUpperCase()}
    </span>
  );
}
