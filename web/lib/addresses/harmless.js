/**
 * What may stand in an `href` or a `src`. Addresses are typed by people and reported by tasks; one with `javascript:` or
 * `data:` would run in the page's name.
 */

const harmless = /^(https?|blob|ftp|file|s3|gs|azure|hdfs):$/;

/** The address if following it can run nothing here, else "". @param {string | null | undefined} address whole, or relative to the page */
export function safeAddress(address) {
  if (!address) return "";
  try {
    return harmless.test(new URL(address, "http://localhost/").protocol) ? address : "";
  } catch {
    return "";
  }
}
