/**
 * What a person types at a shell: by the checkout's programs, or by `soundyard` where the server was installed from a
 * wheel and says so in the page's head.
 */
import { meta } from "./config.js";

/** @type {Record<string, string>} a program of the checkout → the installed command's words */
const words = {
  "agents.start": "agent",
  "tasks.register": "register",
  "tasks.preprocess": "run preprocess",
  "tasks.export": "run export",
  server: "serve",
};

/**
 * @param {string} program as in `python -m program` @param {string} [rest] options and their values
 * @param {boolean} [installed]
 */
export function command(program, rest = "", installed = meta("installed", "") === "yes") {
  const start = installed ? `soundyard ${words[program]}` : `python -m ${program}`;
  return rest ? `${start} ${rest}` : start;
}

/** Server, agents and a first run at once. @param {boolean} [installed] */
export const demo = (installed = meta("installed", "") === "yes") => (installed ? "soundyard demo" : "make demo");
