/** The table's filters: the search box, the funnel in a column's header, and the chips that show what is on. */
import { call, callAll } from "../../api.js";
import { decoded } from "../../lib/addresses/address.js";
import { html, useEffect, useRef, useState } from "../../lib/dom.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { setQuery } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Chip, statusWord, statusWords } from "../../kit/chip.js";
import { PopoverButton } from "../../kit/over/menu.js";
import { Answered } from "../../kit/states.js";
import { joined } from "./query.js";
import { RangeFilter, SinceFilter, rangeWord, sinceWord } from "./ranges.js";

const pause = 250; // ms without a further letter, after which it is searched

/** @param {{asked: import("./query.js").TableQuery}} props */
export function SearchBox({ asked }) {
  const [text, setText] = useState(asked.text);
  const written = useRef(asked.text); // by this box: what the address says otherwise was not typed here
  useEffect(() => {
    if (asked.text !== written.current) setText(asked.text);
    written.current = asked.text;
  }, [asked.text]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === written.current) return;
      written.current = text;
      setQuery({ q: text });
    }, pause);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<span class="search"><input type="search" aria-label=${t("Search tasks")} placeholder=${t("Search name, tag, ID")} value=${text}
      onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
    <button type="button" class="regex" aria-label=${t("Regular expression")} aria-pressed=${asked.regex} title=${t("Regular expression")}
      onClick=${() => setQuery({ regex: asked.regex ? null : "1" })}>.*</button></span>`;
}

/** @typedef {{value: string, label: string}} FilterOption */

/** @type {Record<string, (project: string) => Promise<FilterOption[]>>} what a filter offers */
const offers = {
  status: async () =>
    Object.keys(statusWords)
      .filter(one => one !== "unknown")
      .map(value => ({ value, label: statusWord(value) })),
  type: async project =>
    ((await call("tasks.get_types", project === "*" ? {} : { projects: [project] })).types ?? []).map(plain),
  user: async project =>
    ((await call("projects.get_user_names", project === "*" ? {} : { projects: [project] })).users ?? []).map(
      (/** @type {any} */ user) => ({ value: user.id, label: user.name }),
    ),
  tags: async project =>
    ((await call("projects.get_task_tags", project === "*" ? {} : { projects: [project] })).tags ?? []).map(plain),
  project: async () =>
    (await callAll("projects.get_all", "projects", { only_fields: ["name"], order_by: ["name"] })).map(one => ({
      value: one.id,
      label: one.name,
    })),
  parent: async project =>
    ((await call("projects.get_task_parents", project === "*" ? {} : { projects: [project] })).parents ?? []).map(
      (/** @type {any} */ one) => ({ value: one.id, label: one.name }),
    ),
};

/** What a task has of its own, which is a choice from a list. */
const lists = /** @type {const} */ (["status", "type", "user", "tags", "parent", "project"]);

const plain = (/** @type {string} */ value) => ({ value, label: value });

/** @param {string} path `hyperparams.Args.lr` @param {string} project */
async function paramValues(path, project) {
  const [, section, name] = path.split(".").map(decoded);
  return (
    (await call("projects.get_hyperparam_values", { projects: project === "*" ? undefined : [project], section, name }))
      .values ?? []
  ).map(plain);
}

/** @param {{kind: string, label: string, asked: any, project: string}} props */
export function HeaderFilter({ kind, label, asked, project }) {
  const [how, of] = kind.split(/:(.*)/);
  if (how === "range") return html`<${RangeFilter} path=${of} label=${label} asked=${asked} />`;
  if (how === "since") return html`<${SinceFilter} path=${of} label=${label} asked=${asked} />`;
  if (how === "project" && project !== "*") return null;
  const path = kind.startsWith("param:") ? kind.slice(6) : "";
  const on = path ? (asked.params[path] ?? []) : asked[kind];
  const set = (/** @type {string[]} */ values) =>
    setQuery({ [path ? `is.${path}` : kind]: joined(kind === "parent" ? values.slice(-1) : values) });
  return html`<${PopoverButton} icon="filter" label=${t("Filter by {name}", { name: label })} quiet small marked=${on.length > 0}>
    ${() => html`<${FilterList} ask=${() => (path ? paramValues(path, project) : offers[kind](project))} name=${`${kind} ${project}`} on=${on} set=${set}
        exclude=${kind === "tags"} />`}<//>`;
}

/** @param {{ask: () => Promise<FilterOption[]>, name: string, on: string[], set: (values: string[]) => void, exclude: boolean}} props */
function FilterList({ ask, name, on, set, exclude }) {
  const answer = useAsked(ask, `filter ${name}`);
  const [text, setText] = useState("");
  const toggle = (/** @type {string} */ value) => {
    if (on.includes(value))
      set(exclude ? [...on.filter(one => one !== value), `-${value}`] : on.filter(one => one !== value));
    else if (on.includes(`-${value}`)) set(on.filter(one => one !== `-${value}`));
    else set([...on, value]);
  };
  return html`<div class="filter-list"><${Answered} answer=${answer}>${(/** @type {FilterOption[]} */ options) => html`
    ${
      options.length > 10 &&
      html`<input type="search" aria-label=${t("Narrow the list")} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} />`
    }
    ${options
      .filter(one => one.label.toLowerCase().includes(text.toLowerCase()))
      .slice(0, 200)
      .map(option => {
        const out = on.includes(`-${option.value}`);
        return html`<label class=${out ? "out" : ""}><input type="checkbox"
          checked=${on.includes(option.value) || out} onChange=${() => toggle(option.value)} />
        ${option.label}${out && html` <small>${t("left out")}</small>`}</label>`;
      })}
    ${!options.length && html`<p class="hint">${t("Nothing to choose from")}</p>`}
    ${exclude && options.length > 0 && html`<p class="hint">${t("A second click leaves tasks with the tag out.")}</p>`}
    ${on.length > 0 && html`<button type="button" class="link" onClick=${() => set([])}>${t("Clear")}</button>`}`}<//></div>`;
}

/** @param {{asked: import("./query.js").TableQuery, columns: import("./columns.js").TaskColumn[]}} props */
export function ActiveFilters({ asked, columns }) {
  const named = (/** @type {string} */ kind, /** @type {string} */ path) =>
    columns.find(column => column.filter === `${kind}:${path}`)?.label ?? path.split(".").pop();
  const words = {
    status: statusWord,
    tags: (/** @type {string} */ tag) => (tag.startsWith("-") ? t("without {name}", { name: tag.slice(1) }) : tag),
  };
  const chips = lists.flatMap(kind =>
    asked[kind].map(value => ({
      key: kind,
      value,
      rest: asked[kind].filter(one => one !== value),
      label: words[/** @type {"status"} */ (kind)]?.(value) ?? value,
    })),
  );
  for (const [path, values] of Object.entries(asked.params)) {
    for (const value of values)
      chips.push({
        key: /** @type {any} */ (`is.${path}`),
        value,
        rest: values.filter(one => one !== value),
        label: `${decoded(path.split(".").pop() ?? "")} = ${value}`,
      });
  }
  const single = (/** @type {string} */ key, /** @type {string} */ label) =>
    chips.push({ key: /** @type {any} */ (key), value: "", rest: [], label });
  for (const [path, range] of Object.entries(asked.ranges))
    single(`in.${path}`, `${named("range", path)} ${rangeWord(range)}`);
  for (const [path, span] of Object.entries(asked.since))
    single(`since.${path}`, `${named("since", path)}: ${sinceWord(span)}`);
  if (!chips.length) return null;
  return html`<div class="active-filters" aria-label=${t("Filters")}>
    ${chips.map(
      chip => html`<${Chip} onRemove=${() => setQuery({ [chip.key]: joined(chip.rest) })} removeLabel=${t("Remove {name}", { name: chip.label })}>
          ${chip.label}<//>`,
    )}</div>`;
}
