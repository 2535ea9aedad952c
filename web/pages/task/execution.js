/** What is run: code, entry point, packages, container; and what it took part in. */
import { html } from "../../lib/dom.js";
import { href } from "../../lib/addresses/router.js";
import { t } from "../../lib/text.js";
import { Card } from "../../kit/card.js";
import { CodeView } from "../../kit/lists/code.js";
import { Facts } from "../../kit/lists/facts.js";

/** @param {{task: any}} props */
export default function ExecutionTab({ task }) {
  const script = task.script ?? {};
  const container = task.container ?? {};
  const queue = task.execution?.queue;
  const requirements = script.requirements ?? {};
  return html`<div class="scroll stack">
    <div class="columns-2">
      <${Card} title=${t("Source")}>${() =>
        html`<${Facts} facts=${[
          [t("Repository"), script.repository || t("none recorded")],
          [t("Branch"), script.branch],
          [t("Commit"), script.version_num && html`<code>${script.version_num}</code>`],
          [t("Tag"), script.tag],
          [t("Entry point"), script.entry_point && html`<code>${script.entry_point}</code>`],
          [t("Working directory"), script.working_dir && html`<code>${script.working_dir}</code>`],
          [t("Interpreter"), script.binary],
        ]} />`}<//>
      <${Card} title=${t("Where it runs")}>${() =>
        html`<${Facts} facts=${[
          [t("Queue"), queue && html`<a href=${href(`/queues/${queue.id ?? queue}`)}>${queue.name ?? queue}</a>`],
          [t("Worker"), task.last_worker],
          [t("Container image"), container.image || t("none: the agent's own environment")],
          [t("Container arguments"), container.arguments],
          [t("Output destination"), task.output?.destination],
        ]} />`}<//>
    </div>
    ${script.diff && html`<${CodeView} label=${t("Uncommitted changes")} text=${script.diff} name="changes.diff" diff />`}
    ${container.setup_shell_script && html`<${CodeView} label=${t("Set-up script")} text=${container.setup_shell_script} name="setup.sh" />`}
    ${Object.entries(requirements)
      .filter(([, text]) => text)
      .map(
        ([kind, text]) =>
          html`<${CodeView} label=${t("Packages ({kind})", { kind })} text=${String(Array.isArray(text) ? text.join("\n") : text)} name="requirements.txt" />`,
      )}
  </div>`;
}
