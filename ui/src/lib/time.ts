const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long before `now` the moment `at` lies (ms since epoch): just now, 5 min ago, 3 d ago, Mar 4, 2024. */
export function formatRelative(at: number, now: number): string {
  const age = now - at;
  if (age < -MINUTE) return formatDay(at, now);
  if (age < 45 * SECOND) return "just now";
  if (age < HOUR) return `${Math.max(1, Math.round(age / MINUTE))} min ago`;
  if (age < DAY) return `${Math.round(age / HOUR)} h ago`;
  if (age < 14 * DAY) return `${Math.round(age / DAY)} d ago`;
  return formatDay(at, now);
}

function formatDay(at: number, now: number): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", ...(sameYear ? {} : { year: "numeric" }) }).format(at);
}

/** Date, time and zone, for titles. */
export function formatAbsolute(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" }).format(at);
}

/** A span in ms in its two largest units: 340 ms, 12.4 s, 3 m 05 s, 2 h 10 m, 4 d 3 h. */
export function formatDuration(span: number): string {
  if (span < 0) return formatDuration(0);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 9.95 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  const seconds = Math.round(span / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, "m", "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return pair(minutes, 60, "h", "m");
  return pair(Math.floor(minutes / 60), 24, "d", "h");
}

function pair(total: number, base: number, large: string, small: string): string {
  const rest = total % base;
  return `${Math.floor(total / base)} ${large} ${String(rest).padStart(2, "0")} ${small}`;
}
