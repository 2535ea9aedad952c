/** What the server says when it refuses, as a sentence for a person: without the error's class and the ids behind it. No drawing here. */
import { t } from "../text.js";

/**
 * "Invalid task status: its status is published, task=4f…" becomes "Its status is published."
 * @param {{message?: string, msg?: string, data?: any} | null | undefined} error an `ApiError`, or one of a `*_many` answer
 */
export function sentence(error) {
  const said = error?.msg ?? error?.message ?? "";
  if (!said) return t("That did not work");
  const [, kind, detail] = /^([A-Z][^:.]*): (.+)$/s.exec(said) ?? [null, said, ""];
  let rest = detail;
  for (const [name, value] of Object.entries(error?.data ?? {})) {
    const pair = `${name}=${value}`;
    rest =
      rest === pair ? "" : rest.startsWith(`${pair}, `) ? rest.slice(pair.length + 2) : rest.replace(`, ${pair}`, "");
  }
  const text = t((rest || kind).trim());
  return /[.!?…。！？]$/.test(text) ? capital(text) : `${capital(text)}.`;
}

/** @param {string} text */
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);
