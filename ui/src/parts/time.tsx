import type { ReactElement } from "react";
import { useNow, useSeconds } from "../hooks/now";
import { formatAbsolute, formatDuration, formatRelative } from "../lib/time";

/** A moment (ms since epoch), said relative to now; the exact one is in the title. */
export function Ago({ at }: { at: number }): ReactElement {
  const now = useNow();
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={formatAbsolute(at)}>
      {formatRelative(at, now)}
    </time>
  );
}

/** How long something took, or takes since `from` while it has no end. */
export function Duration({ from, to }: { from: number; to: number | null }): ReactElement {
  return to === null ? <Elapsed from={from} /> : <Span ms={to - from} />;
}

function Elapsed({ from }: { from: number }): ReactElement {
  const now = useSeconds();
  return <Span ms={Math.max(now, from) - from} />;
}

function Span({ ms }: { ms: number }): ReactElement {
  return <span className="num">{formatDuration(ms)}</span>;
}
