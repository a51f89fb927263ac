/** How an artifact is shown. HTML is text: untrusted content is never rendered in our origin. */
export type Preview = { kind: "image"; type: string } | { kind: "json" } | { kind: "table"; delimiter: "," | "\t" } | { kind: "text" } | { kind: "none" };

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  avif: "image/avif",
  svg: "image/svg+xml",
};

const TEXTS = new Set(
  ("txt log md rst yaml yml toml ini cfg conf env py ipynb r jl sh bash js ts tsx jsx css html htm xml sql c h cc cpp hpp rs go java " +
    "scala kt diff patch tex dockerfile gitignore lock jsonl ndjson in mlmodel mlproject properties").split(" "),
);

const BARE_NAMES = new Set(["mlmodel", "mlproject", "dockerfile", "makefile", "license", "readme", "requirements"]);

/** How the file at `path` is shown, judged by its name. */
export function previewOf(path: string): Preview {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
  const image = IMAGES[extension];
  if (image !== undefined) return { kind: "image", type: image };
  if (extension === "json" || extension === "geojson") return { kind: "json" };
  if (extension === "csv") return { kind: "table", delimiter: "," };
  if (extension === "tsv") return { kind: "table", delimiter: "\t" };
  if (extension === "" ? BARE_NAMES.has(name) : TEXTS.has(extension)) return { kind: "text" };
  return { kind: "none" };
}

/** Whether bytes read as text: no NUL and hardly any control character. */
export function looksLikeText(text: string): boolean {
  if (text.includes("\0")) return false;
  const odd = text.slice(0, 4096).match(/[\u0001-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g);
  return odd === null || odd.length < 8;
}

/** `text` laid out with two spaces when it is JSON; null when it is not. */
export function parseJson(text: string): { value: unknown; pretty: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    return { value, pretty: JSON.stringify(value, null, 2) };
  } catch {
    return null;
  }
}
