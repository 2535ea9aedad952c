/** Tables out of files: CSV as pandas writes it, plain or gzipped. */
import { readFile } from "../../api.js";
import { t } from "../text.js";

/**
 * @typedef {{columns: string[], rows: Record<string, string>[]}} Table
 * @param {string} url @returns {Promise<Table>}
 */
export async function readTable(url) {
  const response = await readFile(url);
  return parseCsv(await text(response, url));
}

/** @param {Response} response @param {string} url */
async function text(response, url) {
  const body = new Uint8Array(await response.arrayBuffer());
  const zipped = body[0] === 0x1f && body[1] === 0x8b;
  if (!zipped) return new TextDecoder().decode(body);
  const stream = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text().catch(() => {
    throw new Error(t("{name}: the gzip data is damaged", { name: url }));
  });
}

/**
 * RFC 4180: quoted fields may hold commas, line breaks and doubled quotes. pandas' unnamed index column is left out.
 * @param {string} source @param {string} [separator] @returns {Table}
 */
export function parseCsv(source, separator = ",") {
  const lines = csvLines(source, separator);
  const header = lines.shift() ?? [];
  const skip = header[0] === "" ? 1 : 0;
  const columns = header.slice(skip);
  const rows = lines.map(cells => Object.fromEntries(columns.map((name, i) => [name, cells[i + skip] ?? ""])));
  return { columns, rows };
}

/** @param {string} source @param {string} separator */
function csvLines(source, separator) {
  const lines = [];
  let line = [];
  let at = 0;
  while (at < source.length) {
    let cell = "";
    if (source[at] === '"') {
      const { text, end } = quoted(source, at + 1);
      cell = text;
      at = end;
    } else {
      const start = at;
      while (at < source.length && source[at] !== separator && source[at] !== "\n" && source[at] !== "\r") at += 1;
      cell = source.slice(start, at);
    }
    line.push(cell);
    if (source[at] === separator) {
      at += 1;
      if (at === source.length) line.push("");
      if (at < source.length) continue;
    }
    if (source[at] === "\r") at += 1;
    if (source[at] === "\n") at += 1;
    lines.push(line);
    line = [];
  }
  return lines;
}

/** @param {string} source @param {number} at behind the opening quote */
function quoted(source, at) {
  let text = "";
  for (;;) {
    const end = source.indexOf('"', at);
    if (end < 0) return { text: text + source.slice(at), end: source.length };
    text += source.slice(at, end);
    if (source[end + 1] !== '"') return { text, end: end + 1 };
    text += '"';
    at = end + 2;
  }
}
