/** Plots and debug samples of several tasks, one column a task, one row a title. */
import { call } from "../../api.js";
import { html, useState } from "../../lib/dom.js";
import { colour } from "../../lib/colours.js";
import { fileKind, fileUrl } from "../../lib/addresses/files.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { useQuery } from "../../lib/addresses/router.js";
import { entryAt, samplesOf } from "../../lib/reading/samples.js";
import { t, tn } from "../../lib/text.js";
import { listenClosely } from "../../audio/closely.js";
import { AudioPlayer } from "../../audio/player.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { More } from "../../kit/lists/more.js";
import { Plot } from "../../kit/charts/plot.js";
import { Answered, Empty } from "../../kit/states.js";
import { grouped } from "../task/plots.js";
import { nameOf } from "./page.js";

const portion = 40; // rows drawn before "show more"

/** @param {{tasks: any[], rows: {name: string, cells: any[], sounds?: {name: string, url: string}[]}[], empty: string}} props */
function Side({ tasks, rows, empty }) {
  const [find, setFind] = useQuery("find");
  const [most, setMost] = useState(portion);
  const shown = rows.filter(one => one.name.toLowerCase().includes(find.toLowerCase()));
  if (!rows.length)
    return html`<${Empty} icon="compare" title=${empty}><p>${t("None of these tasks has reported any.")}</p><//>`;
  return html`<div class="tool-bar"><input type="search" class="search" aria-label=${t("Find a title")} placeholder=${t("Find a title")} value=${find}
      onInput=${(/** @type {any} */ e) => setFind(e.target.value)} /><small>${tn(shown.length, "1 title", "{n} titles")}</small></div>
    <div class="scroll stack">${shown.slice(0, most).map(
      one =>
        html`<${Card} class="stack tight" key=${one.name} name=${one.name}>${() => html`
            <div class="row"><h2 class="grow">${one.name}</h2>
              ${
                (one.sounds?.length ?? 0) > 1 &&
                html`<${Button} small icon="sound" onClick=${() => listenClosely({ title: one.name, sounds: one.sounds?.slice(0, 4) ?? [] })}>A/B<//>`
              }</div>
      <div class="side-by-side" tabindex="0" role="group" aria-label=${one.name}
        style=${{ gridTemplateColumns: `repeat(${tasks.length}, minmax(260px, 1fr))` }}>
        ${one.cells.map(
          (cell, i) => html`<figure class="sample"><figcaption><span>
                  <span class="swatch" style=${{ background: colour(i) }}></span> ${nameOf(tasks[i])}</span></figcaption>
                  ${cell ?? html`<span class="muted">–</span>`}</figure>`,
        )}</div>`}<//>`,
    )}
      <${More} total=${shown.length} most=${most} portion=${portion} setMost=${setMost} /></div>`;
}

/** @param {{tasks: any[]}} props */
export function PlotsSide({ tasks }) {
  const answer = useAsked(
    () =>
      Promise.all(
        tasks.map(async task =>
          grouped((await call("events.get_task_plots", { task: task.id, iters: 1, no_scroll: true })).plots ?? []),
        ),
      ),
    `plots ${tasks.map(task => task.id).join()}`,
  );
  return html`<${Answered} answer=${answer}>${(/** @type {any[][]} */ all) => {
    const names = [...new Set(all.flatMap(groups => groups.map(group => group.name)))].sort();
    const rows = names.map(name => ({
      name,
      cells: all.map((groups, i) => {
        const found = groups.find(group => group.name === name);
        return (
          found &&
          html`<${Plot} source=${found.events[0].plot_str} title=${`${name} · ${nameOf(tasks[i])}`} height=${300} />`
        );
      }),
    }));
    return html`<${Side} tasks=${tasks} rows=${rows} empty=${t("No plots to compare")} />`;
  }}<//>`;
}

/** @param {{tasks: any[]}} props */
export function SamplesSide({ tasks }) {
  const answer = useAsked(
    () =>
      Promise.all(
        tasks.map(async task =>
          samplesOf((await call("events.debug_images", { metrics: [{ task: task.id }], iters: 50 })).metrics),
        ),
      ),
    `samples ${tasks.map(task => task.id).join()}`,
  );
  return html`<${Answered} answer=${answer}>${(
    /** @type {import("../../lib/reading/samples.js").Sample[][]} */ all,
  ) => {
    const names = [...new Set(all.flatMap(samples => samples.map(sample => sample.name)))].sort();
    const rows = names.map(name => ({
      name,
      sounds: soundsOf(all, name, tasks),
      cells: all.map(samples => {
        const found = samples.find(sample => sample.name === name);
        const entry = found && entryAt(found, Infinity);
        return entry && html`<${Medium} url=${fileUrl(entry.url)} label=${name} />`;
      }),
    }));
    return html`<${Side} tasks=${tasks} rows=${rows} empty=${t("No debug samples to compare")} />`;
  }}<//>`;
}

/** The newest sound of this name in each task. @param {import("../../lib/reading/samples.js").Sample[][]} all @param {string} name @param {any[]} tasks */
const soundsOf = (all, name, tasks) =>
  all.flatMap((samples, i) => {
    const url = samples.find(sample => sample.name === name)?.history.at(-1)?.url;
    return url && fileKind(url) === "audio" ? [{ name: nameOf(tasks[i]), url: fileUrl(url) }] : [];
  });

/** @param {{url: string, label: string}} props */
const Medium = ({ url, label }) => {
  const kind = fileKind(url);
  if (kind === "audio") return html`<${AudioPlayer} url=${url} label=${label} />`;
  return kind === "image"
    ? html`<img loading="lazy" src=${url} alt=${label} />`
    : html`<a href=${url} download>${t("Download")}</a>`;
};
