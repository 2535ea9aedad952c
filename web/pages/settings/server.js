/** What this server is and how programs reach it. */
import { apiRoot, basePath, filesRoot } from "../../lib/addresses/config.js";
import { html } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { t } from "../../lib/text.js";
import { Answered } from "../../kit/states.js";

export function ServerSection() {
  const info = useApi("server.info");
  return html`<section class="card" aria-label=${t("Server")}><h2>${t("Server")}</h2>
    <${Answered} answer=${info}>${(/** @type {any} */ about) => html`<dl class="facts">
      <dt>${t("Version")}</dt><dd>${[about.version, about.build].filter(Boolean).join(" · ")}</dd>
      <dt>${t("ClearML API")}</dt><dd>${about.api_version}</dd>
      <dt>${t("Web")}</dt><dd><code>${location.origin + basePath}</code></dd>
      <dt>${t("API")}</dt><dd><code>${apiRoot}</code></dd>
      <dt>${t("Files")}</dt><dd><code>${filesRoot}</code></dd>
    </dl>
    <p class="hint after">${t("Programs need a clearml.conf with these addresses and an access key; one is made ready under Access keys.")}</p>`}<//>
  </section>`;
}
