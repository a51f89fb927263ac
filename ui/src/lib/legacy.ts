/** Where a link of the old hash-routed UI leads now; null when `hash` is none of these. */
export function redirectFromHash(hash: string): string | null {
  if (!hash.startsWith("#/")) return null;
  const [path = "", query = ""] = hash.slice(1).split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  const old = new URLSearchParams(query);
  if (parts[0] === "metric") return fromMetric(parts, old);
  if (parts[0] === "runs" && parts[1] !== undefined) return `/runs/${parts[1]}`;
  if (parts[0] !== "experiments") return "/experiments";
  if (parts[1] === undefined) return "/experiments";
  if (parts[2] === "runs" && parts[3] !== undefined) return fromRun(parts[1], parts[3], parts.slice(4));
  return withQuery(`/experiments/${parts[1]}`, [["q", old.get("searchFilter") ?? ""]]);
}

function fromRun(experimentId: string, runId: string, rest: string[]): string {
  const base = `/experiments/${experimentId}/runs/${runId}`;
  const path = rest.slice(1).map(decode).join("/");
  switch (rest[0]) {
    case "artifacts":
    case "artifactPath":
      return withQuery(base, [["tab", "artifacts"], ["path", path]]);
    case "model-metrics":
    case "metrics":
      return withQuery(base, [["tab", "charts"], ["search", path]]);
    case "system-metrics":
      return withQuery(base, [["tab", "charts"], ["search", "system/"]]);
    default:
      return base;
  }
}

function fromMetric(parts: string[], old: URLSearchParams): string {
  const run = firstOf(old.get("runs"));
  const experiment = firstOf(old.get("experiments"));
  if (run === null || experiment === null) return "/experiments";
  const key = parts.slice(1).map(decode).join("/");
  return withQuery(`/experiments/${experiment}/runs/${run}`, [["tab", "charts"], ["search", key]]);
}

function firstOf(json: string | null): string | null {
  const match = /^\["?([\w-]+)"?/.exec(json ?? "");
  return match?.[1] ?? null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withQuery(path: string, pairs: [string, string][]): string {
  const query = new URLSearchParams(pairs.filter(([, value]) => value !== "")).toString();
  return query === "" ? path : `${path}?${query}`;
}
