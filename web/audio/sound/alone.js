/** Only one thing is heard at a time: what starts ends what was heard before. */

/** @type {{owner: any, stop: () => void} | null} */
let heard = null;

/** @param {any} owner what starts now @param {() => void} stop how it is ended when something else starts */
export function alone(owner, stop) {
  if (heard && heard.owner !== owner) heard.stop();
  heard = { owner, stop };
}
