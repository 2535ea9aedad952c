/** Short messages that come and go; errors and warnings stay until they are closed. */
import { html, signal } from "../../lib/dom.js";
import { sentence } from "../../lib/answers/refusal.js";
import { t } from "../../lib/text.js";
import { Icon } from "../icons.js";

/** @type {import("@preact/signals").Signal<{id: number, text: string, tone: string, link?: {href: string, label: string}}[]>} */
const toasts = signal([]);
let last = 0;

/**
 * @param {string} text @param {{tone?: "info" | "warning" | "error", link?: {href: string, label: string}}} [options]
 */
export function toast(text, { tone = "info", link } = {}) {
  const id = (last += 1);
  toasts.value = [...toasts.value.slice(-3), { id, text, tone, link }];
  if (tone === "info") setTimeout(() => dismiss(id), 6000);
}

/** @param {any} error */
export const toastError = error => toast(sentence(error), { tone: "error" });

/** @param {number} id */
const dismiss = id => (toasts.value = toasts.value.filter(one => one.id !== id));

export const Toasts = () => html`
  <div class="toasts" aria-live="polite">
    ${toasts.value.map(
      one => html`<div key=${one.id} class=${`toast ${one.tone}`} role=${one.tone === "error" ? "alert" : "status"}>
        <span>${one.text}</span>${one.link && html`<a href=${one.link.href}>${one.link.label}</a>`}
        <button type="button" aria-label=${t("Close")} onClick=${() => dismiss(one.id)}><${Icon} name="close" size=${14} /></button>
      </div>`,
    )}
  </div>`;
