/** How the interface looks, and in which language: remembered by this browser. */
import { html } from "../../lib/dom.js";
import { letterKeys, theme } from "../../lib/preferences.js";
import { language, languages, t } from "../../lib/text.js";
import { Choice } from "../../kit/button.js";

const set = (/** @type {any} */ signal) => (/** @type {string} */ value) => {
  signal.value = value;
};

export const AppearanceSection = () => html`<section class="card narrow-form" aria-label=${t("Appearance")}>
  <h2>${t("Appearance")}</h2>
  <div class="field"><span>${t("Theme")}</span><div><${Choice} label=${t("Theme")} value=${theme.value} onChange=${set(theme)}
    options=${[
      { value: "system", label: t("As the system") },
      { value: "light", label: t("Light") },
      { value: "dark", label: t("Dark") },
    ]} /></div></div>
  <div class="field"><span>${t("Language")}</span><div><${Choice} label=${t("Language")} value=${language.value} onChange=${set(language)}
    options=${Object.entries(languages).map(([value, label]) => ({ value, label }))} /></div></div>
  <div class="field"><span>${t("Single-letter keys")}</span><div><${Choice} label=${t("Single-letter keys")} value=${letterKeys.value ? "on" : "off"}
    onChange=${(/** @type {string} */ value) => (letterKeys.value = value === "on")}
    options=${[
      { value: "on", label: t("on") },
      { value: "off", label: t("off") },
    ]} /></div></div>
  <p class="hint">${t("This browser remembers this; nothing is sent anywhere.")}</p>
</section>`;
