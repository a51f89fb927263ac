import { quoteKey } from "./filter";

/** Keys that a filter can name. */
export interface FilterKeys {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
}

/** What could stand in the place of the word that ends at the caret. */
export interface Completion {
  from: number;
  to: number;
  options: string[];
}

const ATTRIBUTES = ["status", "run_name", "start_time", "end_time", "user_id", "run_id"];
const MOST = 8;
const WORD = /[^\s()'"=<>!,]*$/;
const AWAITS_VALUE = /(=|<|>|\b(i?like|in|between))\s*\(?$/i;

/** Identifiers that fit the word before the caret; null inside a string, where a value is due, and without a word. */
export function complete(text: string, caret: number, keys: FilterKeys): Completion | null {
  const before = text.slice(0, caret);
  const word = WORD.exec(before)?.[0] ?? "";
  const left = before.slice(0, caret - word.length);
  if (word === "" || insideString(left) || AWAITS_VALUE.test(left.trimEnd())) return null;
  const wanted = word.replaceAll("`", "").toLowerCase();
  const found = identifiers(keys).filter((each) => each.plain.includes(wanted));
  const ranked = [...found.filter((each) => each.plain.startsWith(wanted)), ...found.filter((each) => !each.plain.startsWith(wanted))];
  const options = ranked.slice(0, MOST).map((each) => each.written);
  return options.length === 0 || options.includes(word) ? null : { from: left.length, to: caret, options };
}

function identifiers(keys: FilterKeys): { plain: string; written: string }[] {
  const keyed = (["metrics", "params", "tags"] as const).flatMap((kind) => keys[kind].map((key) => ({ plain: `${kind}.${key}`.toLowerCase(), written: `${kind}.${quoteKey(key)}` })));
  return [...keyed, ...ATTRIBUTES.map((name) => ({ plain: name, written: name }))];
}

function insideString(text: string): boolean {
  let quote = "";
  for (const char of text) {
    if (quote === "" && "'\"`".includes(char)) quote = char;
    else if (char === quote) quote = "";
  }
  return quote !== "";
}
