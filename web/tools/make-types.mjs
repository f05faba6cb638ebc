// Makes src/data/types.ts from the API's own document, so that page and server cannot drift apart
// unseen:  roofscape serve prints it at /api/v1/openapi.json
//
//   node tools/make-types.mjs openapi.json > src/data/types.ts
import { readFileSync } from "node:fs";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));

// `Error` is taken.
const named = (name) => (name === "Error" ? "Failure" : name);

const nullable = (schema) => Array.isArray(schema.type) && schema.type.includes("null");

function typeOf(schema, indent) {
  if (schema.$ref) return named(schema.$ref.split("/").pop());
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((choice) => typeOf(choice, indent)).join(" | ");
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  const text = types.map((type) => plain(type, schema, indent)).join(" | ") || "unknown";
  if (nullable(schema)) return `${text} | null`;
  return schema.type === "null" ? "null" : text;
}

function plain(type, schema, indent) {
  if (type === "array") {
    const item = typeOf(schema.items ?? {}, indent);
    return / \| /.test(item) ? `(${item})[]` : `${item}[]`;
  }
  if (type === "object") return record(schema, indent);
  return type === "integer" ? "number" : type;
}

function record(schema, indent) {
  if (!schema.properties) {
    const value = schema.additionalProperties;
    return `Record<string, ${value && value !== true ? typeOf(value, indent) : "unknown"}>`;
  }
  const required = new Set(schema.required ?? []);
  const deeper = `${indent}  `;
  const lines = Object.entries(schema.properties).map(([name, value]) => {
    const says = value.description ? `${deeper}/** ${value.description} */\n` : "";
    return `${says}${deeper}${name}${required.has(name) ? "" : "?"}: ${typeOf(value, deeper)};`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

const out = ["// Made by tools/make-types.mjs from the API's document. Not edited by hand.", ""];
for (const [name, schema] of Object.entries(document.components.schemas)) {
  if (schema.description) out.push(`/** ${schema.description} */`);
  out.push(`export type ${named(name)} = ${typeOf(schema, "")};`, "");
}
process.stdout.write(out.join("\n"));
