/** A double as the wire carries it: JSON has no NaN and no infinities, so these come as text. */
export type WireNumber = number | string;

/** The number that `value` stands for; NaN for text that is no number. */
export function toNumber(value: WireNumber): number {
  return typeof value === "number" ? value : value.trim() === "" ? NaN : Number(value);
}

/** How many digits of a metric a table shows; the exact value belongs in the title. */
const DIGITS = 5;

/** `value` short enough for a table: 0.031235, 12,346, 1.2e-7, NaN, ∞. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return formatCount(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return shorten(value.toExponential(DIGITS - 1));
  if (size >= 1000) return formatCount(Number(value.toFixed(1)));
  return String(Number(value.toPrecision(DIGITS)));
}

function shorten(exponential: string): string {
  const [digits = "", exponent = ""] = exponential.split("e");
  return `${String(Number(digits))}e${exponent.replace("+", "")}`;
}

const counts = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** An integer with thousands separators. */
export function formatCount(value: number): string {
  return counts.format(value);
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A size in bytes, in units of 1024: 0 B, 1.5 KB, 12 MB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${String(Number(value.toFixed(digits)))} ${UNITS[unit] ?? ""}`;
}

/** Whether a text is a plain number, so that its column can be aligned right. */
export function looksNumeric(value: string): boolean {
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) || /^-?(inf|infinity|nan)$/i.test(value);
}
