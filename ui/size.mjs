/** Fails when what a browser loads first grows over its budget: JS and CSS named by index.html and what they import statically, gzipped. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 205;
const DIST = new URL("dist/", import.meta.url);

const html = readFileSync(new URL("index.html", DIST), "utf8");
const open = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
const seen = new Map();
while (open.length > 0) {
  const file = open.pop();
  if (seen.has(file)) continue;
  const bytes = readFileSync(new URL(file, DIST));
  seen.set(file, gzipSync(bytes, { level: 9 }).length);
  if (!file.endsWith(".js")) continue;
  // A static import reads `from"./x.js"` or `import"./x.js"`; a lazy one `import("./x.js")`.
  for (const match of bytes.toString("utf8").matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) open.push(`assets/${match[1]}`);
}

const total = [...seen.values()].reduce((sum, size) => sum + size, 0) / 1024;
for (const [file, size] of seen) console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KB  first load, of ${BUDGET_KB} KB`);
if (total > BUDGET_KB) {
  console.error(`The first load is ${(total - BUDGET_KB).toFixed(1)} KB over its budget. Load something later, or take it out.`);
  process.exit(1);
}
