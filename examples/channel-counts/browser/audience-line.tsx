import type { ReactElement } from "react";
import { useSelector } from "react-redux";
import type { PageState } from "./store.ts";

/** "2 users, 3 viewers", with a dot that is hollow while the numbers are not of now. */
export function AudienceLine(): ReactElement {
  const { numbers, isLive } = useSelector((state: PageState) => state.audience);
  return (
    <output className="audience" data-live={isLive ? "yes" : "no"}>
      {numbers
        ? `${many(numbers.users, "user")}, ${many(numbers.viewers, "viewer")}`
        : "Counting who is watching"}
    </output>
  );
}

function many(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
