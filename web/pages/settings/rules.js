/** Rules behind the settings. No drawing here. */
import { valueOf } from "../../actions/reading.js";
import { t, tn } from "../../lib/text.js";

/** Roles as the server knows them, most rights first, and what each may do (English sentences, for `t`). */
export const roles = [
  { value: "admin", label: "admin", note: "everything, users too" },
  { value: "user", label: "user", note: "tasks, models, queues and own keys" },
  { value: "viewer", label: "viewer", note: "looks and listens, changes nothing" },
];

export const shortestPassword = 8;

/** What is wrong with a new password, as an English sentence; null when nothing is. @param {string} first @param {string} second */
export function passwordProblem(first, second) {
  if (!first) return "Type a password first";
  if (first.length < shortestPassword) return "At least 8 characters";
  if (first !== second) return "The two differ";
  return null;
}

/**
 * A password that a person can pass on: five groups of four letters and digits that cannot be taken for one another.
 * @param {(bytes: Uint8Array) => Uint8Array} [random]
 */
export function newPassword(random = bytes => crypto.getRandomValues(/** @type {any} */ (bytes))) {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  /** @type {string[]} */
  const picked = [];
  while (picked.length < 20) {
    for (const byte of random(new Uint8Array(32)))
      if (byte < 248 && picked.length < 20) picked.push(letters[byte % 31]);
  }
  return [0, 4, 8, 12, 16].map(at => picked.slice(at, at + 4).join("")).join("-");
}

/**
 * Days as somebody typed them: null where nothing is said, undefined where it is no number that can be days.
 * @param {string} text @returns {number | null | undefined}
 */
export function daysOf(text) {
  if (!text.trim()) return null;
  const days = valueOf(text.trim());
  return Number.isFinite(days) && days >= 0 && days < 36500 ? days : undefined;
}

/** @param {number} days */
export const shownDays = days => (days ? tn(days, "1 day", "{n} days") : t("never"));

/** Whether the server does not know what it was asked: it is another one than ours. @param {{error?: any}} answer */
export const isNotOurs = answer => [400, 404].includes(answer.error?.code);

/** What a rule of alerts may look for. */
export const ruleKinds = [
  { value: "status", label: "A task’s status" },
  { value: "metric", label: "A metric’s value" },
  { value: "queue", label: "A queue that waits" },
  { value: "worker", label: "A worker that is lost" },
  { value: "disk", label: "A disk nearly full" },
];

/** Where a message may go. */
export const channelKinds = [
  { value: "slack", label: "Slack or Mattermost" },
  { value: "discord", label: "Discord" },
  { value: "feishu", label: "Feishu or Lark" },
  { value: "json", label: "Any webhook (JSON)" },
  { value: "mail", label: "Mail" },
];
