/** Notifications of the desktop: what rules of alerts tell, while a page is open and this browser wants to hear of it. */
import { call } from "../api.js";
import { effect } from "./dom.js";
import { preference, remember, remembered } from "./preferences.js";
import { href, navigate } from "./addresses/router.js";
import { user } from "./answers/session.js";
import { t } from "./text.js";

const every = 10_000; // ms

/** Whether this browser tells them. */
export const desktop = preference("desktopNotices", false);

/** Why it can't; null when it can. */
export function desktopProblem() {
  if (typeof Notification === "undefined" || !isSecureContext)
    return t("This browser shows notifications only for https, or on the server’s own machine.");
  if (Notification.permission === "denied")
    return t("Notifications are blocked for this page in the browser’s settings.");
  return null;
}

export async function switchDesktop() {
  if (desktop.value) desktop.value = false;
  else desktop.value = (await Notification.requestPermission()) === "granted";
}

/** Ask again and again, for as long as it is wanted and somebody is signed in; several tabs tell each event once. */
export function watchNotices() {
  effect(() => {
    if (!desktop.value || !user.value || desktopProblem()) return undefined;
    const from = { id: /** @type {number | null} */ (null) };
    const look = () => tell(from).catch(() => {}); // the page itself says that nobody answers
    look();
    const timer = setInterval(look, every);
    return () => clearInterval(timer);
  });
}

/** @param {{id: number | null}} from the newest that is known; null: whatever there is was before */
async function tell(from) {
  const { events } = await call("alerts.get_recent", { after: from.id ?? 0, limit: 20 }, { quiet: true });
  const first = from.id === null;
  from.id = Math.max(from.id ?? 0, ...events.map((/** @type {any} */ one) => one.id));
  if (first) return;
  for (const one of events) {
    if (one.id <= remembered("lastNotice", 0)) continue;
    remember("lastNotice", one.id);
    const shown = new Notification(one.title, { body: one.text, tag: `soundyard-${one.id}` });
    shown.onclick = () => {
      window.focus();
      navigate(href(one.path));
      shown.close();
    };
  }
}
