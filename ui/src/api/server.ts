import { queryOptions } from "@tanstack/react-query";
import { BASE } from "./client";

/** The version of the server; the body of the answer is the version of the protocol. */
export const versionQuery = queryOptions({
  queryKey: ["version"] as const,
  staleTime: Infinity,
  queryFn: async ({ signal }) => {
    const response = await fetch(`${BASE}/version`, { signal });
    return response.headers.get("X-Cairn-Version") ?? (response.ok ? (await response.text()).trim() : "");
  },
});
