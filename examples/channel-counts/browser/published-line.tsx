import type { ReactElement } from "react";
import { useSelector } from "react-redux";
import type { PageState } from "./store.ts";

/** What the server has published for other nodes: numbers, and nothing about the people in them. */
export function PublishedLine(): ReactElement {
  const published = useSelector((state: PageState) => state.audience.published);
  return <p className="published">{published}</p>;
}
