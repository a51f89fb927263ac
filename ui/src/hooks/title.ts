import { useEffect } from "react";

/** Name the page in the browser's tab. */
export function useTitle(...parts: string[]): void {
  const title = [...parts.filter((part) => part !== ""), "Cairn"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
