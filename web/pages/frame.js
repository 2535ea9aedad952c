/** What surrounds every page: the way to the others, and whose session it is. */
import { href, moved } from "../lib/addresses/router.js";
import { html, signal, useEffect, useRef } from "../lib/dom.js";
import { isDark, theme } from "../lib/preferences.js";
import { signOut, user } from "../lib/answers/session.js";
import { language, languages, t } from "../lib/text.js";
import { Icon } from "../kit/icons.js";
import { Menu } from "../kit/over/menu.js";
import { Missed } from "../kit/states.js";

/** @type {{to: string, icon: import("../kit/icons.js").IconName, label: string, match: RegExp}[]} */
const places = [
  { to: "/", icon: "tasks", label: "Tasks", match: /^\/$|^\/projects\/.+\/(tasks|experiments|compare)|^\/tasks/ },
  { to: "/projects", icon: "projects", label: "Projects", match: /^\/projects$/ },
  { to: "/pipelines", icon: "pipelines", label: "Pipelines", match: /^\/pipelines/ },
  { to: "/datasets", icon: "datasets", label: "Datasets", match: /^\/datasets/ },
  { to: "/models", icon: "models", label: "Models", match: /^\/models|\/models(\/|$)/ },
  { to: "/queues", icon: "queues", label: "Queues", match: /^\/queues|\/queues$/ },
  { to: "/workers", icon: "workers", label: "Workers", match: /^\/workers(?!.*queues$)/ },
  { to: "/settings", icon: "settings", label: "Settings", match: /^\/settings/ },
];

/** @param {{path: string, children: any}} props */
export function Frame({ path, children }) {
  const dark = isDark();
  return html`<div class="frame">
    <span class="visually-hidden" role="status" aria-live="polite">${announcement.value}</span>
    <a class="skip" href="#content" onClick=${skip}>${t("Skip to the content")}</a>
    <nav class="side" aria-label=${t("Main")}>
      <a class="brand" href=${href("/")}><${Brand} /><span>Soundyard</span></a>
      ${places.map(
        ({ to, icon, label, match }) =>
          html`<a class="place" href=${href(to)} title=${t(label)} aria-current=${match.test(path) ? "page" : undefined}><${Icon} name=${icon} size=${18} />
            <span>${t(label)}</span></a>`,
      )}
      <span class="grow"></span>
      <button type="button" class="place" title=${dark ? t("Light") : t("Dark")}
        onClick=${() => (theme.value = dark ? "light" : "dark")}><${Icon} name=${dark ? "sun" : "moon"} size=${18} />
        <span>${dark ? t("Light") : t("Dark")}</span></button>
      <div class="side-foot">
        <${Menu} label=${t("Language")} icon="language" quiet
          items=${Object.entries(languages).map(([code, name]) => ({
            label: name,
            icon: code === language.value ? "check" : undefined,
            onClick: () => (language.value = code),
          }))} />
        <${Menu} label=${t("Account")} icon="user" quiet items=${[
          { label: user.value?.name ?? t("Account"), reason: t("Signed in") },
          { label: t("Sign out"), onClick: signOut },
        ]}><span class="who">${user.value?.name ?? ""}</span><//>
      </div>
    </nav>
    <main id="content" tabindex="-1"><${Missed} />${children}</main>
  </div>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** A mark of five bars: a level meter. */
export const Brand = () => html`<svg class="brand-mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
  <path d="M3 10v4M7.500 7v10M12 3v18M16.500 8v8M21 10.500v3" /></svg>`;

const announcement = signal(""); // the page that was gone to, for who does not see it
const fresh = 5000; // ms in which a page that was gone to has to show its heading

/**
 * The head of a page: where we are, what it is called, what can be done.
 * @param {{title: any, trail?: {label: string, href: string}[], children?: any, under?: any, documentTitle?: string}} props
 */
export function PageHead({ title, trail = [], children, under, documentTitle }) {
  const name = documentTitle ?? (typeof title === "string" ? title : "");
  if (name) document.title = `${name} · Soundyard`;
  const heading = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (!name || Date.now() - moved.at > fresh) return;
    moved.at = 0;
    announcement.value = name;
    if (!/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? ""))
      heading.current?.focus({ preventScroll: true });
  }, [name]);
  return html`<header class="page-head">
    <div class="page-head-text">
      ${
        trail.length > 0 &&
        html`<nav class="trail" aria-label=${t("Where this is")}>
          ${trail.map((step, i) => html`${i > 0 && html`<span aria-hidden="true">/</span>`}<a href=${href(step.href)}>${step.label}</a>`)}</nav>`
      }
      <h1 tabindex="-1" ref=${heading}>${title}</h1>${under}
    </div>
    <div class="page-head-actions">${children}</div>
  </header>`;
}
