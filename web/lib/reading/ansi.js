/** Terminal output as lines of styled pieces. Colours and weights are kept; every other control sequence is dropped. */

/** @typedef {{text: string, style: string}} Piece */

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// eslint-disable-next-line no-control-regex
const sequences = /\x1b\[([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78cDEHM]/g;

/**
 * Cut a line into pieces of one style each.
 * @param {string} line @returns {Piece[]}
 */
export function pieces(line) {
  if (!line.includes("\x1b")) return [{ text: line, style: "" }];
  const found = [];
  let style = new Map();
  let from = 0;
  for (const match of line.matchAll(sequences)) {
    if (match.index > from) found.push({ text: line.slice(from, match.index), style: [...style.values()].join(" ") });
    if (match[2] === "m") style = restyled(style, match[1]);
    from = match.index + match[0].length;
  }
  if (from < line.length) found.push({ text: line.slice(from), style: [...style.values()].join(" ") });
  return found;
}

/** @param {Map<string, string>} style @param {string} codes */
function restyled(style, codes) {
  let next = new Map(style);
  const numbers = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < numbers.length; i += 1) {
    const code = numbers[i];
    if (code === 0) next = new Map();
    else if (code === 38 || code === 48) i += numbers[i + 1] === 5 ? 2 : 4;
    else if (code === 1) next.set("weight", "ansi-bold");
    else if (code === 2) next.set("weight", "ansi-dim");
    else if (code === 3) next.set("slant", "ansi-italic");
    else if (code === 4) next.set("line", "ansi-underline");
    else if (code === 22) next.delete("weight");
    else if (code === 39) next.delete("colour");
    else if (code >= 30 && code <= 37) next.set("colour", `ansi-${colours[code - 30]}`);
    else if (code >= 90 && code <= 97) next.set("colour", `ansi-${colours[code - 90]}`);
  }
  return next;
}

/** What a terminal would show of a line with carriage returns: the last thing written over it. @param {string} line */
export function settled(line) {
  const parts = line.split("\r").filter(part => part !== "");
  return parts.at(-1) ?? "";
}

/** @param {string} line the part of a progress bar that stays the same, "" when it is none */
const barName = line =>
  /^(.*?)\d+(\.\d+)?%\s?[|▏▎▍▌▋▊▉█━╸ ]/.exec(line)?.[1] ??
  /^(.*?)\d+(it|s|B|kB|MB)?\s?\[\d\d:\d\d/.exec(line)?.[1] ??
  "\n";

/**
 * Log events as lines, as a terminal would show them: carriage returns overwrite, and a progress bar is one line.
 * @param {{msg?: string, timestamp?: number, level?: string, worker?: string}[]} events
 * @returns {{text: string, time: number, level: string}[]}
 */
export function logLines(events) {
  /** @type {{text: string, time: number, level: string}[]} */
  const lines = [];
  for (const event of events) {
    const text = (event.msg ?? "").replace(/\r\n/g, "\n").replace(/\n$/, "");
    for (const raw of text.split("\n")) {
      const line = { text: settled(raw), time: event.timestamp ?? 0, level: event.level ?? "" };
      const bar = barName(line.text);
      if (lines.length && bar !== "\n" && barName(lines[lines.length - 1].text) === bar) lines[lines.length - 1] = line;
      else if (line.text || !raw.includes("\r")) lines.push(line);
    }
  }
  return lines;
}
