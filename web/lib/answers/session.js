/** Who is signed in, and how to become so. */
import { ApiError, bearer, call, onUnauthorized } from "../../api.js";
import { signal } from "../dom.js";
import { t } from "../text.js";

/** @type {import("@preact/signals").Signal<any>} The signed-in user, null when nobody is, undefined while asking. */
export const user = signal(undefined);

onUnauthorized.call = () => {
  if (user.value) user.value = null;
};

/** @param {string} name @param {string} secret UTF-8 is kept: names and passwords are not always Latin */
const basic = (name, secret) => `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${name}:${secret}`)))}`;

/** Find out who we are; where the server needs no password, sign in as its one user. */
export async function begin() {
  try {
    user.value = (await call("users.get_current_user", {}, { quiet: true })).user;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 401) throw error;
    user.value = (await needsPassword()) ? null : await open();
  }
}

/** True when the server wants a name and a password. */
async function needsPassword() {
  const modes = await call("login.supported_modes", {}, { quiet: true });
  return Boolean(modes.basic?.enabled);
}

/** Sign in without credentials; null when the server does not allow it. */
async function open() {
  try {
    await call("auth.login", {}, { quiet: true });
    return (await call("users.get_current_user", {}, { quiet: true })).user;
  } catch (error) {
    if (error instanceof ApiError && error.code === 401) return null;
    throw error;
  }
}

/**
 * Sign in with a user's password, or with an access key and its secret.
 * @param {string} name @param {string} secret
 */
export async function signIn(name, secret) {
  const { token } = await call("auth.login", {}, { headers: { Authorization: basic(name, secret) }, quiet: true });
  try {
    user.value = (await call("users.get_current_user", {}, { quiet: true })).user;
  } catch (error) {
    // No cookie came with the answer (a server on another origin, or an access key): keep the token for this tab.
    if (!token) throw error;
    bearer.set(token);
    user.value = (await call("users.get_current_user")).user;
  }
}

export async function signOut() {
  bearer.set(null);
  await call("auth.logout", {}, { quiet: true }).catch(() => {});
  user.value = null;
}

/** Why nothing can be changed by whoever is signed in; null when it can. */
export const lookingOnly = () =>
  user.value?.role === "viewer"
    ? t("Your role is to look: an administrator can give you another under Settings → Users")
    : null;

/** May this user change users and server settings? */
export const isAdmin = () =>
  ["admin", "superuser", "root", "system"].includes(user.value?.role ?? "") || user.value?.is_admin === true;
