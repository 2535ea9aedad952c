/** One model: what it is, where it comes from, who uses it, and its file. */
import { call } from "../../api.js";
import { html } from "../../lib/dom.js";
import { fileName, fileUrl } from "../../lib/addresses/files.js";
import { moment, number } from "../../lib/format.js";
import { useAsked } from "../../lib/answers/hooks.js";
import { modelLink, taskLink } from "../../lib/addresses/links.js";
import { navigate } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { agreed } from "../../actions/release.js";
import { Button } from "../../kit/button.js";
import { Card } from "../../kit/card.js";
import { Chip, Tags } from "../../kit/chip.js";
import { CodeView } from "../../kit/lists/code.js";
import { asked } from "../../kit/over/dialog.js";
import { Facts } from "../../kit/lists/facts.js";
import { Menu } from "../../kit/over/menu.js";
import { Answered, Empty, Loading } from "../../kit/states.js";
import { PlainTable } from "../../kit/lists/table.js";
import { Tabs } from "../../kit/tabs.js";
import { toastError } from "../../kit/over/toast.js";
import { PageHead } from "../frame.js";
import { TryHere } from "./here.js";
import { onnxOf } from "./onnx.js";
import { Reported } from "./reported.js";
import { ModelCard } from "./card.js";
import { metricColumns, metricOf } from "./rules.js";
import { TryModel } from "./try.js";

/** The model itself, or null where it is gone. @param {string} id */
const fetchModel = async id =>
  (await call("models.get_all_ex", { id: [id], search_hidden: true, page: 0, page_size: 1 })).models[0] ?? null;

/** The task that made a model, and the tasks that read it. @param {any} model */
async function fetchAround(model) {
  const { tasks } = await call("tasks.get_all_ex", {
    "models.input.model": [model.id],
    search_hidden: true,
    only_fields: ["name", "type", "project.id", "status", "last_metrics"],
    order_by: ["-last_update"],
    page: 0,
    page_size: 50,
  });
  const made = model.task?.id;
  const makers = made
    ? (
        await call("tasks.get_all_ex", {
          id: [made],
          search_hidden: true,
          only_fields: ["name", "project.id", "status", "last_metrics"],
          page: 0,
          page_size: 1,
        })
      ).tasks
    : [];
  return { users: tasks, maker: makers[0] };
}

/** @param {{model: string, tab?: string}} props */
export default function ModelPage({ model: id, tab = "" }) {
  const answer = useAsked(() => fetchModel(id), `model ${id}`);
  return html`<${Answered} page answer=${answer}>
    ${(/** @type {any} */ model) =>
      model
        ? html`<${Model} model=${model} tab=${tab} reload=${answer.reload} />`
        : html`<${Empty} page icon="models" title=${t("This model is not there any more")} />`}<//>`;
}

const most = 12; // metrics that are told of a model

/** @param {{model: any, tab: string, reload: () => void}} props */
function Model({ model, tab, reload }) {
  const around = useAsked(() => fetchAround(model), `around ${model.id} ${model.task?.id}`, { aside: true });
  const { users, maker } = around.data ?? { users: null, maker: null };
  const onnx = useAsked(() => onnxOf(model), `onnx of ${model.id} ${model.uri}`, { aside: true });
  const attempt = (/** @type {Promise<any>} */ work) => work.then(reload, toastError);
  const archived = model.system_tags?.includes("archived");
  const url = fileUrl(model.uri);
  const labels = Object.entries(model.labels ?? {}).sort((a, b) => Number(a[1]) - Number(b[1]));
  const metadata = Object.values(model.metadata ?? {});
  const metrics = metricColumns(maker ? [maker] : [], most);
  const [telling] = metricColumns(users ?? [], 1);
  const tabs = [
    { id: "general", label: t("General"), href: modelLink(model) },
    { id: "scalars", label: t("Scalars"), href: modelLink(model, "scalars") },
    { id: "plots", label: t("Plots"), href: modelLink(model, "plots") },
  ];
  const current = tabs.find(one => one.id === tab)?.id ?? "general";
  return html`<${PageHead} title=${model.name || model.id} trail=${[{ label: t("Models"), href: "/models" }]}
    under=${html`<div class="task-facts">${model.ready ? html`<${Chip} tone="accent">${t("Published")}<//>` : html`<span>${t("Draft")}</span>`}
        ${archived && html`<${Chip} tone="note">${t("In the archive")}<//>`}<span>${model.framework}</span><${Tags} tags=${model.tags} /></div>`}>
      ${url && html`<a class="button primary" href=${url} download=${fileName(url)}>${t("Download")}</a>`}
      <${Button} icon="publish" writes reason=${model.ready ? t("It is published already") : null}
        onClick=${() => attempt(call("models.set_ready", { model: model.id }))}>${t("Publish")}<//>
      <${Menu} label=${t("More actions")} items=${[
        {
          label: t("Rename"),
          icon: "edit",
          writes: true,
          onClick: async () => {
            const name = await asked({ title: t("Rename"), label: t("Name"), value: model.name, confirm: t("Rename") });
            if (name) attempt(call("models.edit", { model: model.id, name }));
          },
        },
        {
          label: t("Tags"),
          icon: "tag",
          writes: true,
          onClick: async () => {
            const text = await asked({
              title: t("Tags"),
              label: t("With commas between them"),
              value: (model.tags ?? []).join(", "),
              confirm: t("Save"),
              empty: true,
            });
            if (text !== undefined)
              attempt(
                call("models.edit", {
                  model: model.id,
                  tags: text
                    .split(",")
                    .map(one => one.trim())
                    .filter(Boolean),
                }),
              );
          },
        },
        {
          label: archived ? t("Restore") : t("Archive"),
          icon: "archive",
          writes: true,
          onClick: () => attempt(call(archived ? "models.unarchive_many" : "models.archive_many", { ids: [model.id] })),
        },
        { label: t("Delete"), icon: "trash", danger: true, writes: true, onClick: () => remove(model) },
      ]} />
    <//>
    <${Tabs} label=${t("Parts of the model")} tabs=${tabs} current=${current} />
    ${
      current !== "general"
        ? html`<${Answered} answer=${around}>
      ${() => html`<${Reported} key=${current} kind=${current} model=${model} maker=${maker} />`}<//>`
        : html`<div class="scroll">
      ${onnx.data && html`<${TryHere} key=${onnx.data.url} onnx=${onnx.data} own=${onnx.data.model.id === model.id} />`}
      <div class="masonry">
      ${labels.length > 0 && !onnx.data && !onnx.loading && html`<${TryModel} model=${model} />`}
      <${ModelCard} model=${model} />
      ${
        metrics.length > 0 &&
        html`<${Card} title=${t("Metrics of its training")}>${() => html`
          <dl class="figures">${metrics.map(
            one => html`<div><dt title=${one.label}>${one.label}</dt>
            <dd>${number(metricOf(maker, one))}</dd></div>`,
          )}</dl>`}<//>`
      }
      <${Card} title=${t("Facts")}>${() => html`
        <${Facts} facts=${[
          [t("ID"), html`<code>${model.id}</code>`],
          [t("File"), url && html`<span class="mono">${fileName(url)}</span>`],
          [t("Created"), moment(model.created)],
          [t("Updated"), moment(model.last_update)],
          [t("User"), model.user?.name],
          [t("Description"), model.comment && html`<span class="lines">${model.comment}</span>`],
        ]} />`}<//>
      <${Card} title=${t("Lineage")}>${() => html`
        <${Facts} facts=${[
          [
            t("Made by"),
            model.task?.id && html`<a href=${taskLink(model.task)}>${model.task.name ?? model.task.id}</a>`,
          ],
          [
            t("Comes from"),
            model.parent &&
              html`<a href=${modelLink({ id: model.parent?.id ?? model.parent })}>${model.parent?.name ?? model.parent}</a>`,
          ],
        ]} />
        ${
          !users
            ? around.loading && html`<${Loading} />`
            : users.length
              ? html`<${PlainTable} label=${t("Used by")} 
            head=${[t("Used by"), t("Type"), telling ? telling.label : ""]} numeric=${[2]}
            rows=${users.map((/** @type {any} */ one) => [
              html`<a href=${taskLink(one)}>${one.name}</a>`,
              (one.type ?? "").replaceAll("_", " "),
              telling && metricOf(one, telling) !== undefined ? number(metricOf(one, telling)) : "",
            ])} />`
              : html`<p class="muted">${t("No task has read it yet.")}</p>`
        }`}<//>
      ${labels.length > 0 && html`<${Card} title=${t("Labels")}>${() => html`<${PlainTable} label=${t("Labels")} numeric=${[1]} rows=${labels} />`}<//>`}
      ${
        metadata.length > 0 &&
        html`<${Card} title=${t("Metadata")}>${() => html`
          <${PlainTable} label=${t("Metadata")} rows=${metadata.map((/** @type {any} */ one) => [one.key, String(one.value), one.type])} />`}<//>`
      }
      ${
        model.design &&
        html`<${Card} title=${t("Configuration")}>${() => html`
          <${CodeView} label=${t("Configuration")}
            text=${typeof model.design === "string" ? model.design : Object.values(model.design).join("\n")} />`}<//>`
      }
    </div></div>`
    }`;
}

/** @param {any} model */
async function remove(model) {
  if (
    !(await agreed({
      title: t("Delete for good"),
      text: t("The model {name} will be deleted. This cannot be undone.", { name: model.name }),
      confirm: t("Delete"),
      danger: true,
      endpoint: "models.validate_delete",
      body: { ids: [model.id] },
    }))
  )
    return;
  await call("models.delete", { model: model.id, force: true }).then(() => navigate("/models"), toastError);
}
