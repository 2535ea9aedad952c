/**
 * Where the API and the files are, read off the page's `<base>` and `<meta>` elements, so that the same files work
 * at the root, below a sub-path, and in front of a full ClearML Server.
 */

const inBrowser = typeof document !== "undefined";

/** What the page's head says. @param {string} name @param {string} fallback */
export function meta(name, fallback) {
  const element = inBrowser ? document.querySelector(`meta[name="soundyard:${name}"]`) : null;
  return element?.getAttribute("content") ?? fallback;
}

const base = inBrowser ? new URL(document.baseURI) : new URL("http://localhost/");

/** Path under which the interface lives, without a trailing slash ("" at the root). */
export const basePath = base.pathname.replace(/\/[^/]*$/, "");

/** @param {string} value */
const absolute = value => new URL(value, base).href.replace(/\/$/, "");

export const apiRoot = absolute(meta("api", "api"));
export const filesRoot = absolute(meta("files", "files"));
