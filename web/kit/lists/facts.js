/** Named facts, one beneath the other; those that are not there are left out. */
import { html } from "../../lib/dom.js";

/** @param {{facts: [string, any][]}} props */
export const Facts = ({ facts }) => html`<dl class="facts">
  ${facts
    .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
    .map(
      ([name, value]) => html`<dt>${name}</dt>
      <dd>${value}</dd>`,
    )}
</dl>`;
