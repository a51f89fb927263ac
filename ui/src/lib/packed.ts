/** Replies in columns: docs/guide/columns.md describes the bytes. */

export const COLUMNS = "application/vnd.cairn.columns";

/** Numbers as they lie in a reply; 64-bit integers beyond 2^53 are rounded, as in JSON. */
export type Numbers = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

const MAGIC = 0x314f4343; // "CCO1", little endian
const HEAD = 8;

const FORMS: Record<string, (buffer: ArrayBuffer, at: number, count: number) => Numbers> = {
  $i8: (buffer, at, count) => new Int8Array(buffer, at, count),
  $i16: (buffer, at, count) => new Int16Array(buffer, at, count),
  $i32: (buffer, at, count) => new Int32Array(buffer, at, count),
  $i64: (buffer, at, count) => Float64Array.from(new BigInt64Array(buffer, at, count), Number),
  $f32: (buffer, at, count) => new Float32Array(buffer, at, count),
  $f64: (buffer, at, count) => new Float64Array(buffer, at, count),
  $d8: (buffer, at, count) => summed(buffer, at, new Int8Array(buffer, at + 8, count - 1)),
  $d16: (buffer, at, count) => summed(buffer, at, new Int16Array(buffer, at + 8, count - 1)),
  $d32: (buffer, at, count) => summed(buffer, at, new Int32Array(buffer, at + 8, count - 1)),
};

/** The first number stands at `at`, the differences follow. */
function summed(buffer: ArrayBuffer, at: number, differences: Int8Array | Int16Array | Int32Array): Float64Array {
  const found = new Float64Array(differences.length + 1);
  let value = Number(new BigInt64Array(buffer, at, 1)[0]);
  found[0] = value;
  for (let i = 0; i < differences.length; i += 1) found[i + 1] = value += differences[i] ?? 0;
  return found;
}

/** The message that a reply in columns stands for: its JSON, with typed arrays and lists of texts for its columns. Raises: RangeError or SyntaxError when it is cut or something else. */
export function unpack(buffer: ArrayBuffer): unknown {
  const head = new DataView(buffer, 0, HEAD);
  if (head.getUint32(0, true) !== MAGIC) throw new SyntaxError("This is no reply in columns.");
  const size = head.getUint32(4, true);
  const base = HEAD + size;
  const decoder = new TextDecoder();

  const column = (form: string, place: readonly unknown[]): unknown => {
    if (form === "$pick") {
      const [texts, codes] = place as [readonly string[], Numbers];
      return Array.from(codes, (code) => texts[code]);
    }
    const [at, count] = place as [number, number];
    if (form === "$text") return JSON.parse(decoder.decode(new Uint8Array(buffer, base + at, count)));
    return FORMS[form]?.(buffer, base + at, count);
  };

  // The reviver sees the innermost first, so what a reference holds is already opened.
  return JSON.parse(decoder.decode(new Uint8Array(buffer, HEAD, size)), (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    const [form = "", ...more] = Object.keys(value);
    return form.startsWith("$") && more.length === 0 ? column(form, (value as Record<string, unknown[]>)[form] ?? []) : value;
  });
}
