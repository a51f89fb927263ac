import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";
import { patchQuery, type QueryPatch } from "../lib/url";

/** The query of the URL, and a way to change it. Replacing keeps Back meaningful while someone types. */
export function useQueryParams(): [URLSearchParams, (patch: QueryPatch, options?: { replace?: boolean }) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const patch = useCallback(
    (changes: QueryPatch, options: { replace?: boolean } = {}) => {
      const query = patchQuery(search, changes);
      navigate(query === "" ? path : `${path}?${query}`, { replace: options.replace ?? false });
    },
    [search, path, navigate],
  );
  return [new URLSearchParams(search), patch];
}
