/** What takes how much room on the server. */
import { html } from "../../lib/dom.js";
import { t } from "../../lib/text.js";

export const StorageSection = () => html`<section class="card" aria-label=${t("Storage")}><h2>${t("Storage")}</h2></section>`;
