/** A part of the interface that could not be fetched: most often the server is gone. It loads again when the server is back. */
import { ApiError, call } from "../api.js";
import { html, useEffect, useRef } from "../lib/dom.js";
import { t } from "../lib/text.js";
import { ErrorBox } from "../kit/states.js";

const again = 2000; // ms between looks

/** @param {{error: any}} props what the import failed with */
export function Unloaded({ error }) {
  const wasGone = useRef(false);
  useEffect(() => {
    const look = () =>
      call("debug.ping", {}, { quiet: true }).then(
        () => wasGone.current && location.reload(), // a browser keeps a failed import, so that only a new page has another try
        failure => (wasGone.current = failure.gone),
      );
    look();
    const timer = setInterval(look, again);
    return () => clearInterval(timer);
  }, []);
  const fetched = error instanceof TypeError && /import|module/i.test(error.message);
  return html`<${ErrorBox} error=${fetched ? new ApiError(t("A part of this page could not be fetched.")) : error} retry=${() => location.reload()} />`;
}
