/** Texts of an address, decoded whatever stands in them: what is no valid escape is taken as it is written. */

const escapes = /(?:%[0-9a-f]{2})+/gi;

/** "%E0%A4%A", "50%" and "%" stay; "a%20b" is "a b". @param {string} text */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(escapes, whole);
  }
}

/** @param {string} run of escapes */
function whole(run) {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}
