/** A pipeline's steps as a graph: columns by depth, an edge for each parent. The laying out is apart from the drawing. */
import { html } from "../../lib/dom.js";
import { statusWord } from "../../kit/chip.js";

const box = { width: 200, height: 64, gapX: 60, gapY: 22 };

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} parents
 * @property {string} status
 * @property {string} task id of what ran, or ""
 * @property {string} base id of what is cloned
 * @property {Record<string, any>} parameters
 */

/** The steps of a controller's configuration object. @param {string | undefined} text @returns {Step[]} */
export function stepsOf(text) {
  let nodes;
  try {
    nodes = JSON.parse(text || "{}");
  } catch {
    return [];
  }
  return Object.entries(nodes).map(([name, node]) => ({
    name,
    parents: node.parents ?? [],
    status: node.skip_job ? "skipped" : node.status || (node.executed ? "completed" : "created"),
    task: node.job_id || node.executed || "",
    base: node.base_task_id ?? "",
    parameters: node.parameters ?? {},
  }));
}

/** The SDK's words for a step, as a task's status. @type {Record<string, string>} */
const asTask = { running: "in_progress", pending: "created", executed: "completed" };

/**
 * The steps with the status of the tasks that run them. A clone of a controller still names the tasks of the run before it,
 * until it has started its own: those are not taken for this run's.
 * @param {Step[]} steps @param {{id: string, status: string}} run @param {Map<string, any>} tasks by id
 * @returns {Step[]}
 */
export function alive(steps, run, tasks) {
  const over = ["completed", "failed", "stopped", "published", "closed"].includes(run.status);
  return steps.map(step => {
    const task = tasks.get(step.task);
    const parent = task?.parent?.id ?? task?.parent;
    const ours = task && (over || parent === run.id || (run.status === "in_progress" && step.status === "cached"));
    if (ours) return { ...step, status: task.status };
    if (task || !over)
      return {
        ...step,
        task: "",
        status: step.status === "skipped" && run.status === "in_progress" ? "skipped" : "created",
      };
    return { ...step, status: asTask[step.status] ?? step.status };
  });
}

/** How far a step is from the start: one more than the farthest of its parents. @param {Step[]} steps */
export function depths(steps) {
  const known = new Map(steps.map(step => [step.name, step]));
  /** @type {Map<string, number>} */
  const depth = new Map();
  /** @param {string} name @param {string[]} path @returns {number} */
  const visit = (name, path) => {
    const found = depth.get(name);
    if (found !== undefined || path.includes(name)) return found ?? 0;
    const parents = (known.get(name)?.parents ?? []).filter(parent => known.has(parent));
    const own = parents.length ? 1 + Math.max(...parents.map(parent => visit(parent, [...path, name]))) : 0;
    depth.set(name, own);
    return own;
  };
  steps.forEach(step => visit(step.name, []));
  return depth;
}

/** @typedef {{x: number, y: number}} Place */

/** Where each step stands, in pixels. @param {Step[]} steps */
export function layout(steps) {
  const depth = depths(steps);
  /** @type {number[]} */
  const filled = [];
  const places = new Map(
    steps.map(step => {
      const column = depth.get(step.name) ?? 0;
      const row = filled[column] ?? 0;
      filled[column] = row + 1;
      return [step.name, { x: column * (box.width + box.gapX), y: row * (box.height + box.gapY) }];
    }),
  );
  const rows = Math.max(1, ...filled.map(count => count ?? 0));
  return {
    places,
    width: Math.max(1, filled.length) * (box.width + box.gapX) - box.gapX,
    height: rows * (box.height + box.gapY) - box.gapY,
  };
}

/** @param {{steps: Step[], selected: string, select: (name: string) => void, note: (step: Step) => string}} props */
export function Graph({ steps, selected, select, note }) {
  const { places, width, height } = layout(steps);
  const edges = steps.flatMap(step =>
    step.parents
      .filter(parent => places.has(parent))
      .map(parent => ({
        from: /** @type {Place} */ (places.get(parent)),
        to: /** @type {Place} */ (places.get(step.name)),
      })),
  );
  return html`<div class="graph"><svg width=${width + 8} height=${height + 8} viewBox=${`-4 -4 ${width + 8} ${height + 8}`}>
    ${edges.map(({ from, to }) => {
      const [x1, y1, x2, y2] = [from.x + box.width, from.y + box.height / 2, to.x, to.y + box.height / 2];
      return html`<path class="edge" d=${`M${x1} ${y1}C${x1 + box.gapX / 2} ${y1} ${x2 - box.gapX / 2} ${y2} ${x2} ${y2}`} />`;
    })}
    ${steps.map(
      step =>
        html`<foreignObject key=${step.name} x=${places.get(step.name)?.x} y=${places.get(step.name)?.y} width=${box.width} height=${box.height}>
      <button type="button" class=${`step-box step-${step.status}`} aria-pressed=${selected === step.name} onClick=${() => select(step.name)}>
        <strong>${step.name}</strong><small>${statusWord(step.status)}${note(step) && ` · ${note(step)}`}</small></button></foreignObject>`,
    )}
  </svg></div>`;
}
