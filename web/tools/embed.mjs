// Packs the built dashboard for the program: every file gzip'ed, one after the other, in one file that
// the assembler copies in, and a C++ source with the table of them.
//
//   node tools/embed.mjs DIST OUTPUT.cc
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 600 * 1024; // Of the whole page, compressed.
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const [, , dist, output] = process.argv;

function* filesOf(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesOf(path);
    else yield path;
  }
}

function typeOf(path) {
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`${path}: no content type for this ending; add it in tools/embed.mjs`);
  return type;
}

let offset = 0;
const packed = [];
const rows = [];
for (const path of filesOf(dist)) {
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 });
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  const name = `/${relative(dist, path).split(sep).join("/")}`;
  rows.push(`      {${JSON.stringify(name)}, ${JSON.stringify(typeOf(path))}, "\\"${etag}\\"",\n       {Begin() + ${offset}, ${gzip.length}}},`);
  packed.push(gzip);
  offset += gzip.length;
}
if (offset > MOST_BYTES) {
  console.error(`The dashboard is ${offset} bytes compressed, the limit is ${MOST_BYTES}: take something out.`);
  process.exit(1);
}

const blob = output.replace(/\.cc$/, ".bin");
writeFileSync(blob, Buffer.concat(packed));
writeFileSync(
  output,
  `// Made by web/tools/embed.mjs. Not edited by hand.

#include "cli/embedded_web.h"

asm(R"(
  .pushsection .rodata
  .balign 16
  roofscape_web_begin:
  .incbin "${blob}"
  .popsection
)");

extern "C" const char roofscape_web_begin[];

namespace roofscape::cli {
namespace {

const char* Begin() { return roofscape_web_begin; }

}  // namespace

api::StaticFiles EmbeddedWeb() {
  static const api::StaticFile files[] = {
${rows.join("\n")}
  };
  return files;
}

}  // namespace roofscape::cli
`,
);
