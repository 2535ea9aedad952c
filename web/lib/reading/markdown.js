/** Markdown as our own programs write it, taken apart: headings, sentences, lists, tables and code. What is no such thing is text. */

/**
 * @typedef {{kind: "heading", level: number, text: string} | {kind: "text", text: string} | {kind: "list", items: string[]} |
 *   {kind: "table", head: string[], rows: string[][]} | {kind: "code", text: string}} Block
 * @typedef {{text: string, code?: boolean, strong?: boolean, to?: string}} Span `to`: where it leads
 */

/** @param {string} source @returns {Block[]} without what stands in front between two lines of dashes */
export function blocksOf(source) {
  const lines = source
    .replaceAll("\r\n", "\n")
    .replace(/^---\n[^]*?\n---\n/, "")
    .split("\n");
  /** @type {Block[]} */
  const found = [];
  for (let i = 0; i < lines.length;) {
    const heading = /^(#{1,6}) +(.*)$/.exec(lines[i]);
    if (heading) {
      found.push({ kind: "heading", level: heading[1].length, text: heading[2] });
      i += 1;
    } else if (lines[i].startsWith("```")) {
      const end = lines.findIndex((line, at) => at > i && line.startsWith("```"));
      found.push({ kind: "code", text: lines.slice(i + 1, end < 0 ? lines.length : end).join("\n") });
      i = end < 0 ? lines.length : end + 1;
    } else {
      const taken = run(lines, i);
      if (taken.block) found.push(taken.block);
      i = taken.next;
    }
  }
  return found;
}

/** Lines of one kind that follow one another. @param {string[]} lines @param {number} from @returns {{block: Block | null, next: number}} */
function run(lines, from) {
  const kind = kindOf(lines[from]);
  let next = from + 1;
  while (next < lines.length && kindOf(lines[next]) === kind) next += 1;
  const some = lines.slice(from, next);
  if (kind === "list") return { block: { kind, items: some.map(line => line.replace(/^[-*] +/, "")) }, next };
  if (kind === "table" && /^[|:\- ]+$/.test(some[1] ?? "")) {
    const [head, , ...rows] = some.map(cellsOf);
    return { block: { kind, head, rows }, next };
  }
  return { block: kind === "blank" ? null : { kind: "text", text: some.map(line => line.trim()).join(" ") }, next };
}

/** @param {string} line */
function kindOf(line) {
  if (!line.trim()) return "blank";
  if (/^#{1,6} /.test(line)) return "heading";
  if (line.startsWith("```")) return "code";
  if (line.startsWith("|")) return "table";
  return /^[-*] +/.test(line) ? "list" : "text";
}

/** @param {string} line */
const cellsOf = line =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim());

/** @param {string} text @returns {Span[]} */
export function spansOf(text) {
  const pattern = /`([^`]+)`|\*\*(.+?)\*\*|<(https?:[^>\s]+)>|\[((?:\\.|[^\]\\])+)\]\(([^)\s]+)\)/g;
  /** @type {Span[]} */
  const found = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (text[match.index - 1] === "\\") continue;
    if (match.index > at) found.push({ text: plain(text.slice(at, match.index)) });
    const [whole, code, strong, address, name, to] = match;
    if (code) found.push({ text: code, code: true });
    else if (strong) found.push({ text: plain(strong), strong: true });
    else found.push({ text: plain(name ?? address), to: to ?? address });
    at = match.index + whole.length;
  }
  if (at < text.length) found.push({ text: plain(text.slice(at)) });
  return found;
}

/** @param {string} text without the signs that keep others from meaning something */
const plain = text => text.replace(/\\([\\|[\]<>*_`#()])/g, "$1");
