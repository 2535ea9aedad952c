/** How full something is, in per cent: a bar and the figure. */
import { html } from "../lib/dom.js";
import { t } from "../lib/text.js";

/** @param {{label: string, value: number | null, text?: string}} props `value` in per cent; null when it is not known */
export function Meter({ label, value, text }) {
  if (value === null) return html`<span class="muted" title=${t("Not reported")}>–</span>`;
  const whole = Math.round(Math.max(0, Math.min(100, value)));
  return html`<span class="meter-row"><span class="meter" role="meter" aria-label=${label} aria-valuenow=${whole} aria-valuemin="0" aria-valuemax="100">
      <span style=${{ width: `${whole}%` }}></span></span><small>${text ?? `${whole} %`}</small></span>`;
}
