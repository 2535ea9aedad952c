/** Every component of the kit, to be looked at in both themes and both languages. */
import { html, useState } from "../lib/dom.js";
import { href } from "../lib/addresses/router.js";
import { t } from "../lib/text.js";
import { AudioPlayer } from "../audio/player.js";
import { wavOf } from "../audio/sound/wav.js";
import { Button, Choice } from "../kit/button.js";
import { Chart } from "../kit/charts/chart.js";
import { Chip, StatusChip, Tags, statusWords } from "../kit/chip.js";
import { CodeView } from "../kit/lists/code.js";
import { Combobox, Select } from "../kit/over/combobox.js";
import { asked, confirmed } from "../kit/over/dialog.js";
import { Facts } from "../kit/lists/facts.js";
import { Icon, iconNames } from "../kit/icons.js";
import { Menu } from "../kit/over/menu.js";
import { Plot } from "../kit/charts/plot.js";
import { Empty, ErrorBox, Loading } from "../kit/states.js";
import { SplitPane } from "../kit/split.js";
import { DataTable, PlainTable } from "../kit/lists/table.js";
import { Tabs } from "../kit/tabs.js";
import { toast } from "../kit/over/toast.js";
import { Tree } from "../kit/lists/tree.js";
import { PageHead } from "./frame.js";

const line = {
  name: "train",
  x: Array.from({ length: 50 }, (_, i) => i),
  y: Array.from({ length: 50 }, (_, i) => Math.exp(-i / 15)),
};
const figure = JSON.stringify({
  data: [
    {
      type: "heatmap",
      z: [
        [8, 1],
        [2, 9],
      ],
      x: ["rain", "sea"],
      y: ["rain", "sea"],
    },
  ],
});
/** Half a second of 440 Hz that fades. */
const tone = URL.createObjectURL(
  new Blob(
    [
      wavOf(
        Float32Array.from({ length: 8000 }, (_, i) => Math.sin((i * 2 * Math.PI * 440) / 16000) * Math.exp(-i / 2500)),
        16000,
      ),
    ],
    { type: "audio/wav" },
  ),
);
const letters = ["a", "b", "c"].map(value => ({ value, label: value.toUpperCase() }));

export default function KitPage() {
  const [value, setValue] = useState("a");
  const part = (/** @type {string} */ name, /** @type {any} */ content) =>
    html`<section class="kit-section card"><h2>${name}</h2>${content}</section>`;
  return html`<${PageHead} title=${t("Component kit")} /><div class="scroll">
    ${part(
      "Button",
      html`<div class="row"><${Button} primary>Primary<//><${Button}>Plain<//><${Button} danger>Danger<//><${Button} quiet>Quiet<//>
      <${Button} reason=${t("A disabled action says why")}>Disabled<//><${Button} icon="play" label="Play" />
      <${Button} small pressed icon="loop">Pressed<//></div>`,
    )}
    ${part(
      "Choice, Select, Combobox",
      html`<div class="row"><${Choice} label="Choice" value=${value} options=${letters} onChange=${setValue} />
          <${Select} label="Select" value=${value} options=${letters} onChange=${setValue} />
          <${Combobox} label="Combobox" value=${value} options=${letters} onChange=${setValue} /></div>`,
    )}
    ${part(
      "Menu, Dialog, Toast",
      html`<div class="row"><${Menu} label="Menu" items=${[
        { label: "Clone", icon: "clone" },
        { label: "Publish", icon: "publish", reason: t("A disabled action says why") },
        { label: "", separator: true },
        { label: "Delete", icon: "trash", danger: true },
      ]}>Menu<//>
                <${Button} onClick=${() => confirmed({ title: "Delete for good", text: "This cannot be undone.", confirm: "Delete", danger: true })}>Confirm<//>
                <${Button} onClick=${() => asked({ title: "Rename", label: "Name", value: "train", confirm: "Rename" })}>Prompt<//>
                <${Button} onClick=${() => toast("Cloned")}>Toast<//></div>`,
    )}
    ${part(
      "Chips",
      html`<div class="row">${Object.keys(statusWords).map(status => html`<${StatusChip} status=${status} />`)}<${Chip}>dog bark<//>
        <${Chip} tone="good">right<//><${Chip} tone="bad">wrong<//><${Chip} tone="note">note<//><${Tags} tags=${["baseline", "esc10"]} /></div>`,
    )}
    ${part(
      "Facts, tables, tree",
      html`<div class="columns-2"><${Facts} facts=${[
        ["Type", "training"],
        ["Worker", "host:gpu0"],
      ]} />
          <${PlainTable} label="Plain table" head=${["class", "f1"]} numeric=${[1]} rows=${[
            ["rain", 0.91],
            ["sea waves", 0.87],
          ]} />
          <${Tree} label="Tree" nodes=${[{ id: "1", label: "data", children: [{ id: "2", label: "a.wav", note: "12 kB" }] }]} /></div>
      <${DataTable} label="Data table" height=${150} count=${1000} rowAt=${(/** @type {number} */ i) => ({ id: String(i), name: `row ${i}` })}
        columns=${[{ id: "name", label: "Name", width: 200, render: (/** @type {any} */ row) => row.name }]} />`,
    )}
    ${part(
      "Chart, plot",
      html`<div class="columns-2"><${Chart} title="loss" lines=${[
        line,
        { ...line, name: "validation", y: line.y.map(one => one * 1.2) },
      ]} /><${Plot} title="heatmap" source=${figure} height=${260} /></div>`,
    )}
    ${part(
      "Tabs, split pane",
      html`<${Tabs} label="Tabs" current="a" tabs=${letters.map(({ value: id, label }) => ({
        id,
        label,
        href: href("/kit"),
        count: id === "b" ? 3 : null,
      }))} />
              <div class="kit-split"><${SplitPane} name="kit" size=${400} first=${html`<p>Drag the bar, or move it with ← and →.</p>`}
                  second=${html`<p>The place is remembered.</p>`} /></div>`,
    )}
    ${part("Audio strip", html`<${AudioPlayer} url=${tone} label="440 Hz" />`)}
    ${part("Code", html`<${CodeView} label="diff" diff text=${"@@ -1 +1 @@\n-lr = 0.1\n+lr = 0.01"} />`)}
    ${part(
      "States",
      html`<${Loading} /><${Empty} icon="sound" title="Nothing here yet"><p>What would make something appear.</p><//>
      <${ErrorBox} error=${new Error("The sentence of the error.")} retry=${() => {}} />`,
    )}
    ${part("Icons", html`<div class="row">${iconNames.map(name => html`<span title=${name}><${Icon} name=${name} size=${20} /></span>`)}</div>`)}
  </div>`;
}
