/** Begins here: sign in, find the page for the address, draw the frame around it. */
import { serverGone } from "./api.js";
import { basePath } from "./lib/addresses/config.js";
import { html, render, useEffect, useState } from "./lib/dom.js";
import { watchNotices } from "./lib/notices.js";
import { followLink, path } from "./lib/addresses/router.js";
import { begin, user } from "./lib/answers/session.js";
import { language, t, wordsReady } from "./lib/text.js";
import { Boundary } from "./kit/boundary.js";
import { Dialogs, closeDialogs } from "./kit/over/dialog.js";
import { Empty, ErrorBox, Loading } from "./kit/states.js";
import { Toasts } from "./kit/over/toast.js";
import { Frame } from "./pages/frame.js";
import { Unloaded } from "./pages/unloaded.js";
import { find } from "./routes.js";

function App() {
  const [error, setError] = useState(/** @type {any} */ (null));
  const start = () => {
    setError(null);
    begin().catch(setError);
  };
  useEffect(start, []);
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  if (error) return html`<main class="alone"><${ErrorBox} error=${error} retry=${start} /></main>`;
  if (user.value === undefined) return html`<main class="alone"><${Loading} /></main>`;
  return html`
    ${
      serverGone.value &&
      html`<div class="banner" role="alert">
        ${t("The server can’t be reached")}. ${t("This page goes on by itself when it is back.")}</div>`
    }
    ${user.value === null ? html`<${Page} route=${find("/login")} />` : html`<${Frame} path=${path.value}><${Page} route=${find(path.value)} /><//>`}
    <${Boundary} on=${path.value}><${Dialogs} /><//><${Toasts} />`;
}

/** @param {{route: import("./routes.js").Found | null}} props */
function Page({ route }) {
  const [page, setPage] = useState(/** @type {any} */ ({ load: null, component: null, error: null }));
  useEffect(() => {
    if (!route) return undefined;
    let wanted = true; // a module that comes late must not take the place of the page that is shown by then
    route.load().then(
      module => wanted && setPage({ load: route.load, component: module.default, error: null }),
      error => wanted && setPage({ load: route.load, component: null, error }),
    );
    return () => (wanted = false);
  }, [route?.load]);
  useEffect(() => closeDialogs(), [path.value]);
  if (!route)
    return html`<${Empty} page icon="search" title=${t("There is no such page")}><a href=${`${basePath}/`}>${t("All tasks")}</a><//>`;
  if (page.load !== route.load) return html`<${Loading} />`;
  if (page.error) return html`<${Unloaded} error=${page.error} />`;
  return html`<${Boundary} on=${path.value}><${page.component} ...${route.params} path=${path.value} /><//>`;
}

document.addEventListener("click", followLink);
watchNotices();
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
wordsReady().finally(() => {
  root.replaceChildren();
  render(html`<${App} />`, root);
});
