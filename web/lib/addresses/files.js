/**
 * Stored files. A task records the full address its file server had (`http://127.0.0.1:8080/files/…`), and the browser
 * may know the same server by another name; such addresses are turned to where this page reads files from.
 */
import { decoded } from "./address.js";
import { filesRoot } from "./config.js";
import { safeAddress } from "./harmless.js";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Where to read a stored file from.
 * @param {string | null | undefined} url as recorded
 * @param {string} [root] where this page reads files from
 */
export function fileUrl(url, root = filesRoot) {
  url = safeAddress(url);
  if (!url) return "";
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    return url.startsWith("/") ? new URL(root).origin + url : url;
  }
  const ours = new URL(root);
  if (!/^https?:$/.test(parsed.protocol)) return url;
  const sameHost =
    parsed.hostname === ours.hostname || (loopback.test(parsed.hostname) && loopback.test(ours.hostname));
  const local = sameHost || loopback.test(parsed.hostname);
  if (!local) return url;
  if (parsed.pathname.startsWith("/files/")) return root + parsed.pathname.slice("/files".length) + parsed.search;
  if (parsed.port === "8081") return root + parsed.pathname + parsed.search;
  return url;
}

const kinds = {
  audio: /\.(wav|flac|mp3|ogg|oga|opus|m4a|aac)$/,
  image: /\.(png|jpe?g|gif|webp|bmp|svg|ico)$/,
  video: /\.(mp4|webm|mov|avi)$/,
  page: /\.(html?)$/,
  text: /\.(txt|log|csv|tsv|json|ya?ml|md|xml)$/,
};

/**
 * What a file is, by its extension: "audio", "image", "video", "page", "text" or "file".
 * @param {string | null | undefined} url
 */
export function fileKind(url) {
  const name = (url ?? "").split(/[?#]/)[0].toLowerCase();
  return Object.entries(kinds).find(([, pattern]) => pattern.test(name))?.[0] ?? "file";
}

/** @param {string | null | undefined} url */
export function fileName(url) {
  const last = (url ?? "").split(/[?#]/)[0].split("/").pop() ?? "";
  return decoded(last);
}

/**
 * Hand the reader a file that was made here.
 * @param {string} name @param {BlobPart} content @param {string} [type]
 */
export function save(name, content, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
