/**
 * Where a fault of what is drawn ends: a broken card, tab or page says so in its own place, and what is around it works on.
 * What is handed over as a function is called inside, so that a fault of it ends here as well.
 */
import { Component, html } from "../lib/dom.js";
import { t } from "../lib/text.js";
import { Button } from "./button.js";

/** @extends {Component<{children: any, name?: string, on?: any, small?: boolean}, {error: any, on: any}>} */
export class Boundary extends Component {
  /** @param {any} props `name`: what is in it, as a person calls it; `on`: what it shows now, another one is tried anew */
  constructor(props) {
    super(props);
    this.state = { error: null, on: props.on };
  }

  /** @param {any} props @param {any} state */
  static getDerivedStateFromProps(props, state) {
    return props.on === state.on ? null : { error: null, on: props.on };
  }

  /** @param {any} error */
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  /** @param {any} props @param {any} state */
  render({ children, name, small }, { error }) {
    if (error)
      return html`<${Broken} name=${name} error=${error} small=${small} retry=${() => this.setState({ error: null })} />`;
    return typeof children === "function" ? html`<${Called} make=${children} />` : children;
  }
}

/** @param {{make: () => any}} props */
const Called = ({ make }) => make();

/** @param {{name?: string, error: any, small?: boolean, retry: () => void}} props */
const Broken = ({
  name,
  error,
  small,
  retry,
}) => html`<div class=${small ? "broken small" : "state error broken"} role="alert">
  <p class="strong">${name ? t("“{name}” can’t be shown", { name }) : t("This part can’t be shown")}</p>
  ${!small && html`<p>${t("The rest of the page works on. What broke it:")} <code>${String(error?.message || error)}</code></p>`}
  <${Button} icon="refresh" small=${small} onClick=${retry}>${t("Try again")}<//></div>`;
