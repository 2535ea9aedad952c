/**
 * Addresses. The address bar is the state of the view: `navigate` changes it, `useQuery` reads and writes one value of
 * its query, and back, forward and reload bring the same view again.
 */
import { decoded } from "./address.js";
import { basePath } from "./config.js";
import { computed, signal } from "../dom.js";

const inBrowser = typeof window !== "undefined";

/** @returns {{path: string, query: string}} */
function read() {
  if (!inBrowser) return { path: "/", query: "" };
  const path = location.pathname.startsWith(basePath) ? location.pathname.slice(basePath.length) : location.pathname;
  return { path: path || "/", query: location.search };
}

const place = signal(read());

export const path = computed(() => place.value.path);
export const query = computed(() => new URLSearchParams(place.value.query));

/** When somebody last went to another path, in milliseconds: the page that comes takes the focus and is announced. */
export const moved = { at: 0 };

/** Show what the address bar says. */
function arrive() {
  const next = read();
  if (next.path !== place.value.path) moved.at = Date.now();
  place.value = next;
}

if (inBrowser) addEventListener("popstate", arrive);

/** The full address for a path of the interface; one that is full already stays as it is. @param {string} to */
export const href = to => (basePath && (to === basePath || to.startsWith(`${basePath}/`)) ? to : basePath + to);

/** @param {string} to path with an optional query @param {{replace?: boolean}} [options] */
export function navigate(to, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", href(to));
  arrive();
  if (!replace) scrollTo(0, 0);
}

/**
 * Where somebody wanted to go before signing in: a path of this interface, and home for whatever else an address may say.
 * @param {string | null} wanted @param {string} origin the page's own
 */
export function nextPlace(wanted, origin) {
  try {
    const { origin: theirs, pathname, search } = new URL(wanted || "/", origin);
    const inside = theirs === origin && !pathname.startsWith("//") && !pathname.endsWith("/login");
    return inside ? pathname + search : "/";
  } catch {
    return "/";
  }
}

/**
 * Change some values of the query; `null`, `""` and `undefined` take one away.
 * @param {Record<string, string | null | undefined>} changes @param {{push?: boolean}} [options]
 */
export function setQuery(changes, { push = false } = {}) {
  const next = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  navigate(place.value.path + (text ? `?${text}` : ""), { replace: !push });
}

/**
 * One value of the query, and how to change it.
 * @param {string} name @param {string} [fallback]
 * @returns {[string, (value: string | null) => void]}
 */
export function useQuery(name, fallback = "") {
  const value = query.value.get(name) ?? fallback;
  return [value, next => setQuery({ [name]: next === fallback ? null : next })];
}

/**
 * Compile `/projects/:project/tasks/:task` to a matcher. A `;ids=…` suffix in a segment becomes the parameter `ids`.
 * @param {string} pattern
 * @returns {(path: string) => Record<string, string> | null}
 */
export function matcher(pattern) {
  const names = /** @type {string[]} */ ([]);
  const source = pattern
    .split("/")
    .map(part => {
      if (part.endsWith(";ids")) {
        names.push("ids");
        return `${part.slice(0, -4)};ids=([^/;]*)[^/]*`;
      }
      if (!part.startsWith(":")) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      names.push(part.slice(1));
      return "([^/]+)";
    })
    .join("/");
  const expression = new RegExp(`^${source}/?$`);
  return path => {
    const found = expression.exec(path);
    return found && Object.fromEntries(names.map((name, i) => [name, decoded(found[i + 1])]));
  };
}

/**
 * Let plain clicks on our own links change the view without loading the page anew.
 * @param {MouseEvent} event
 */
export function followLink(event) {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest?.("a[href]"));
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(`${basePath}/`) || /^\/(api|files|vendor)\//.test(link.pathname.slice(basePath.length)))
    return;
  event.preventDefault();
  navigate(link.pathname.slice(basePath.length) + link.search);
}
