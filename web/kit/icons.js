/** Line icons, drawn here: 24 × 24, one path each, in the colour of the text around them. */
import { html } from "../lib/dom.js";

const paths = {
  tasks: "M4 6h2M4 12h2M4 18h2M9 6h11M9 12h11M9 18h11",
  projects: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  pipelines: "M3 4h6v5H3zM15 15h6v5h-6zM6 9v5a3 3 0 0 0 3 3h6",
  datasets:
    "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  queues: "M4 5h16v4H4zM4 15h16v4H4zM8 9v6M16 9v6",
  workers: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M13 5v4M17 5v4M7 15v4M11 15v4",
  language:
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 2.600 3.800 5.700 3.800 9S15 18.400 12 21c-3-2.600-3.800-5.700-3.800-9S9 5.600 12 3z",
  play: "M7 4l13 8-13 8z",
  pause: "M7 4h4v16H7zM13 4h4v16h-4z",
  stop: "M6 6h12v12H6z",
  loop: "M4 12a5 5 0 0 1 5-5h11M16 3l4 4-4 4M20 12a5 5 0 0 1-5 5H4M8 21l-4-4 4-4",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12l5 5L19 7",
  down: "M6 9l6 6 6-6",
  up: "M6 15l6-6 6 6",
  left: "M15 6l-6 6 6 6",
  right: "M9 6l6 6-6 6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  columns: "M4 5h16v14H4zM10 5v14M15 5v14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  refresh: "M20 5v5h-5M4 19v-5h5M5.5 9a7 7 0 0 1 12-2.5L20 10M4 14l2.500 3.500A7 7 0 0 0 18.500 15",
  expand: "M4 9V4h5M20 15v5h-5M15 4h5v5M9 20H4v-5",
  tag: "M4 4h8l8 8-8 8-8-8zM8 8h.01",
  archive: "M3 4h18v5H3zM5 9v11h14V9M10 13h4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  clone: "M8 8h12v12H8zM4 16V4h12",
  enqueue: "M4 6h10M4 12h10M4 18h6M18 9v9M14 14l4 4 4-4",
  dequeue: "M4 6h10M4 12h10M4 18h6M18 19v-9M14 13l4-4 4 4",
  reset: "M4 5v6h6M4.500 11a8 8 0 1 1 1 6",
  publish: "M12 20V9M7 13l5-5 5 5M4 4h16",
  move: "M5 9l-3 3 3 3M9 5l3-3 3 3M15 19l-3 3-3-3M19 9l3 3-3 3M2 12h20M12 2v20",
  compare: "M8 4v16M16 4v16M3 8h5M16 8h5M3 16h5M16 16h5",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  mark: "M6 3h12v18l-6-5-6 5z",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  sound: "M4 9v6h4l5 4V5L8 9zM17 8a5 5 0 0 1 0 8",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.500c-.7.4-1 1-1 1.800M12 17h.01",
  warning: "M12 3l10 18H2zM12 10v5M12 18h.01",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21a8 8 0 0 1 16 0",
  plus: "M12 5v14M5 12h14",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  top: "M5 4h14M12 20V9M7 13l5-5 5 5",
  bottom: "M5 20h14M12 4v11M7 11l5 5 5-5",
  menu: "M4 6h16M4 12h16M4 18h16",
  sound_file: "M6 3h8l4 4v14H6zM10 17v-5l4-1v5",
};

/** @typedef {keyof typeof paths} IconName */

export const iconNames = /** @type {IconName[]} */ (Object.keys(paths));

/** @param {{name: IconName, size?: number}} props */
export const Icon = ({ name, size = 16 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[name]} /></svg>`;
