/** What a dataset version holds, and how it differs from its parents. No drawing here. */

/** @typedef {{name: string, size: number, hash: string, change: "" | "added" | "modified"}} DatasetFile */

/**
 * The preview of contents that the SDK keeps with each version: a head line, then `path, size, hash`.
 * @param {string | undefined} text @returns {DatasetFile[]}
 */
export function contents(text) {
  return (text ?? "")
    .split("\n")
    .slice(1)
    .filter(Boolean)
    .map(line => {
      const found = /^(.*), (\d+), ([0-9a-f]*)$/.exec(line.trim());
      return {
        name: found?.[1] ?? line,
        size: Number(found?.[2] ?? NaN),
        hash: found?.[3] ?? "",
        change: /** @type {const} */ (""),
      };
    });
}

/** The files with how they stand to a parent's, and the parent's that are gone. @param {DatasetFile[]} own @param {DatasetFile[]} before */
export function changes(own, before) {
  const old = new Map(before.map(file => [file.name, file]));
  const now = new Set(own.map(file => file.name));
  const files = own.map(file => ({
    ...file,
    change: /** @type {DatasetFile["change"]} */ (
      !old.has(file.name) ? "added" : old.get(file.name)?.hash !== file.hash ? "modified" : ""
    ),
  }));
  return { files, removed: before.filter(file => !now.has(file.name)) };
}

/** The ids of a version's parents, from the structure that the SDK keeps. @param {string | undefined} text @param {string} id */
export function parentsOf(text, id) {
  try {
    const nodes = Object.values(JSON.parse(text || "{}"));
    const own = nodes.find(node => node.job_id === id);
    return (own?.parents ?? [])
      .map((/** @type {any} */ key) => (/^[0-9a-f]{32}$/.test(key) ? key : JSON.parse(text || "{}")[key]?.job_id))
      .filter(Boolean);
  } catch {
    return [];
  }
}
