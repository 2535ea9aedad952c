/** A model's curves and plots: its own, and where it has none those of the task that made it. */
import { html } from "../../lib/dom.js";
import { useApi } from "../../lib/answers/hooks.js";
import { taskLink } from "../../lib/addresses/links.js";
import { t } from "../../lib/text.js";
import { Answered, Empty } from "../../kit/states.js";
import PlotsTab from "../task/plots.js";
import ScalarsTab from "../task/scalars.js";

const kinds = {
  scalars: {
    tab: ScalarsTab,
    endpoint: "events.scalar_metrics_iter_histogram",
    more: { samples: 1 },
    there: (/** @type {any} */ data) => Object.keys(data).length,
  },
  plots: {
    tab: PlotsTab,
    endpoint: "events.get_task_plots",
    more: { iters: 1, no_scroll: true },
    there: (/** @type {any} */ data) => data.plots?.length,
  },
};

/** @param {{kind: string, model: any, maker: any}} props */
export function Reported({ kind, model, maker }) {
  const { tab, endpoint, more, there } = kinds[/** @type {keyof typeof kinds} */ (kind)];
  const own = useApi(endpoint, { task: model.id, model_events: true, ...more });
  const single = useApi(
    kind === "scalars" ? "events.get_task_single_value_metrics" : null,
    { tasks: [model.id], model_events: true },
    { aside: true },
  );
  return html`<${Answered} answer=${own}>${(/** @type {any} */ data) => {
    if (there(data) || single.data?.tasks?.some((/** @type {any} */ one) => one.values?.length))
      return html`<${tab} task=${model} live=${false} model />`;
    if (!maker) return html`<${Empty} icon="models" title=${t("This model has reported none of its own")} />`;
    return html`<p class="tool-bar hint"><span>${t("The model has none of its own; these are of the task that made it:")}
      <a href=${taskLink(maker, kind)}>${maker.name}</a></span></p><${tab} task=${maker} live=${maker.status === "in_progress"} />`;
  }}<//>`;
}
