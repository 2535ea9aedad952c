/**
 * The one client for `{api}/{service}.{action}`: POST with a JSON body, ClearML's envelope in the answer.
 * Every failure is an `ApiError` with a sentence that can be shown to a person.
 */
import { apiRoot, filesRoot } from "./lib/addresses/config.js";
import { signal } from "./lib/dom.js";
import { recovered, written } from "./lib/answers/resource.js";

/** True while the server cannot be reached; the banner shows it, live pages keep asking. */
export const serverGone = signal(false);

/** Called when an answer says that nobody is signed in; set by `lib/answers/session.js`. */
export const onUnauthorized = { call: () => {} };

const sameOrigin = typeof location === "undefined" || new URL(apiRoot).origin === location.origin;

/** What went wrong with one call. `code` is the HTTP status, 0 when the server could not be reached. */
export class ApiError extends Error {
  /** @param {string} message @param {{code?: number, subcode?: number, endpoint?: string, data?: any}} [details] */
  constructor(message, { code = 0, subcode = 0, endpoint = "", data = {} } = {}) {
    super(message);
    this.code = code;
    this.subcode = subcode;
    this.endpoint = endpoint;
    this.data = data;
  }

  /** Nobody answered: the server is away, or what stands before it says so. */
  get gone() {
    return [0, 502, 503, 504].includes(this.code);
  }
}

/** A bearer token, used against servers where this page cannot hold a cookie. It lives as long as the tab. */
export const bearer = {
  get: () => sessionStorage.getItem("soundyard:token"),
  /** @param {string | null} token */
  set: token =>
    token ? sessionStorage.setItem("soundyard:token", token) : sessionStorage.removeItem("soundyard:token"),
};

/** @param {Record<string, string>} extra @returns {Record<string, string>} */
function headers(extra) {
  const token = bearer.get();
  return { "X-ClearML-Client": "soundyard-web", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...extra };
}

/**
 * Call one endpoint.
 * @param {string} endpoint `service.action`
 * @param {Record<string, any>} [body]
 * @param {{signal?: AbortSignal, headers?: Record<string, string>, quiet?: boolean}} [options]
 * @returns {Promise<any>} the envelope's `data`
 * @throws {ApiError}
 */
export async function call(endpoint, body = {}, options = {}) {
  const init = {
    method: "POST",
    headers: headers({ "Content-Type": "application/json", ...options.headers }),
    body: JSON.stringify(body),
    credentials: /** @type {RequestCredentials} */ (sameOrigin ? "same-origin" : "include"),
    signal: options.signal,
  };
  const response = await reach(`${apiRoot}/${endpoint}`, init, endpoint).finally(() => reads(endpoint) || written());
  const envelope = await response.json().catch(whole(options.signal));
  if (!response.ok) throw failure(response, envelope, endpoint, options.quiet);
  if (!envelope?.meta) throw new ApiError("The answer did not come whole.", { endpoint });
  return envelope.data ?? {};
}

/** What is known when an answer's text can't be read: nothing, unless the caller has given it up. @param {AbortSignal} [signal] */
const whole = signal => (/** @type {any} */ error) => {
  if (signal?.aborted) throw error;
  return null;
};

/** Whether an endpoint changes nothing that anybody looks at; after any other, what is shown is asked anew. @param {string} endpoint */
export const reads = endpoint =>
  /\.(get|validate|supported_modes|ping|info)|^(auth\.log|login\.|users\.set_preferences|events\.(?!add|delete|clear))/.test(
    endpoint,
  );

/** @param {string} url @param {RequestInit} init @param {string} endpoint */
async function reach(url, init, endpoint) {
  try {
    const response = await fetch(url, init);
    const back = serverGone.value;
    serverGone.value = false;
    if (back) recovered();
    return response;
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    if (init.signal?.aborted) throw error; // not for want of a server
    serverGone.value = true;
    throw new ApiError("The server can’t be reached.", { endpoint });
  }
}

/** What to say where no sentence came along: something between here and the server answered, or it fell over. @param {number} status */
const plain = status =>
  [502, 503, 504].includes(status)
    ? "The server can’t be reached."
    : status === 413
      ? "That is more than the server takes at once."
      : status >= 500
        ? "The server failed at this; its log says why."
        : "The server did not take this.";

/** @param {Response} response @param {any} envelope @param {string} endpoint @param {boolean} [quiet] */
function failure(response, envelope, endpoint, quiet) {
  if (response.status === 401 && !quiet) onUnauthorized.call();
  const meta = envelope?.meta;
  return new ApiError(meta?.result_msg || plain(response.status), {
    code: response.status,
    subcode: meta?.result_subcode ?? 0,
    endpoint,
    data: meta?.error_data ?? envelope?.data,
  });
}

/**
 * Fetch every page of a listing: of lists that are short by nature, or that somebody takes along whole.
 * @param {string} endpoint @param {string} field @param {Record<string, any>} [body] @param {number} [most]
 * @returns {Promise<any[]>}
 */
export async function callAll(endpoint, field, body = {}, most = 5000) {
  const size = 500;
  const all = [];
  for (let page = 0; all.length < most; page += 1) {
    const rows = (await call(endpoint, { ...body, page, page_size: size }))[field] ?? [];
    all.push(...rows);
    if (rows.length < size) break;
  }
  return all;
}

/**
 * Read a stored file (an artifact, a sample), with the session's rights.
 * @param {string} url @param {{signal?: AbortSignal}} [options] @returns {Promise<Response>}
 */
export async function readFile(url, options = {}) {
  const response = await reach(
    url,
    { credentials: sameOrigin ? "same-origin" : "include", headers: fileHeaders(url), ...options },
    url,
  );
  if (!response.ok)
    throw new ApiError(`The file is missing or can’t be read (${response.status}).`, {
      code: response.status,
      endpoint: url,
    });
  return response;
}

/**
 * Store a file as the SDK does: multipart, with the path as the part's name.
 * @param {string} path below the file server's root @param {Blob} content @returns {Promise<string>} its address
 */
export async function upload(path, content) {
  const form = new FormData();
  form.append(path, content, path);
  const response = await reach(
    filesRoot,
    {
      method: "POST",
      body: form,
      credentials: sameOrigin ? "same-origin" : "include",
      headers: fileHeaders(filesRoot),
    },
    filesRoot,
  );
  if (!response.ok)
    throw new ApiError(`The file was not taken (${response.status}).`, { code: response.status, endpoint: filesRoot });
  return `${filesRoot}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** @param {string} url @returns {Record<string, string>} */
function fileHeaders(url) {
  const token = bearer.get();
  return token && new URL(url).origin === new URL(apiRoot).origin ? { Authorization: `Bearer ${token}` } : {};
}
