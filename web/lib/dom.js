/**
 * The one place that knows how elements are made: htm's templates over preact.
 * Everything else imports `html` and the hooks from here.
 */
import htm from "htm";
import { h } from "preact";

export const html = /** @type {any} */ (htm).bind(h);
export { Component, Fragment, h, render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal } from "@preact/signals";

/**
 * Joins class names, leaving out what is falsy.
 * @param {...(string | false | null | undefined)} names
 */
export const classes = (...names) => names.filter(Boolean).join(" ");
