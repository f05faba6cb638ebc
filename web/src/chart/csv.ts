// Comma-separated values as RFC 4180 has them; the unit is the last word of each column's name.

export type Cell = string | number | boolean | null | undefined;

export interface Table {
  columns: string[];
  rows: Cell[][];
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  // A number stays a number, also a negative one.
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = String(value);
  // Spreadsheets run what begins like a formula: a model's name must not.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(table: Table): string {
  const lines = [table.columns, ...table.rows].map((row) => row.map(cell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}
