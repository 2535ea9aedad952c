/** What this browser remembers: theme, language, columns. Kept in localStorage; nothing here leaves the machine. */
import { effect, signal } from "./dom.js";

const prefix = "soundyard:";

/**
 * Read a remembered value.
 * @template T @param {string} name @param {T} fallback @returns {T}
 */
export function remembered(name, fallback) {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** @param {string} name @param {any} value */
export function remember(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    /* storage is off or full: the choice lasts as long as the page */
  }
}

/**
 * Something that several tabs change at once: a change is made to what is stored by then, and the others hear of it.
 * @template T @param {string} name @param {T} fallback
 * @returns {{value: import("@preact/signals").Signal<T>, change: (how: (now: T) => T) => void}}
 */
export function shared(name, fallback) {
  const value = signal(remembered(name, fallback));
  if (typeof addEventListener !== "undefined")
    addEventListener("storage", (/** @type {StorageEvent} */ event) => {
      if (event.key === prefix + name || event.key === null) value.value = remembered(name, fallback);
    });
  return {
    value,
    change(how) {
      value.value = how(remembered(name, value.value));
      remember(name, value.value);
    },
  };
}

/**
 * A signal that is remembered.
 * @template T @param {string} name @param {T} fallback
 */
export function preference(name, fallback) {
  const value = signal(remembered(name, fallback));
  let first = true;
  effect(() => {
    const now = value.value;
    if (!first) remember(name, now);
    first = false;
  });
  return value;
}

/** Whether single letters are commands; who speaks to the machine, or types by accident, switches them off. */
export const letterKeys = preference("letterKeys", true);

/** "system", "light" or "dark". */
export const theme = preference("theme", "system");

/** True when what is on screen is dark, whoever chose it. */
export const isDark = () => {
  const chosen = theme.value;
  if (chosen !== "system") return chosen === "dark";
  return typeof matchMedia !== "undefined" && matchMedia("(prefers-color-scheme: dark)").matches;
};

if (typeof document !== "undefined") {
  effect(() => {
    const chosen = theme.value;
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  });
}
