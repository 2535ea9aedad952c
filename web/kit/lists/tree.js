/** A tree that opens branch by branch: folders, nested values, lineage. */
import { html, useState } from "../../lib/dom.js";
import { Icon } from "../icons.js";

/** @typedef {{id: string, label: any, note?: any, href?: string, children?: TreeNode[]}} TreeNode */

/** @param {{label: string, nodes: TreeNode[], open?: number, selected?: string, onSelect?: (id: string) => void}} props `open`: levels that start open */
export const Tree = ({ label, nodes, open = 1, selected, onSelect }) => html`
  <ul class="tree" role="tree" aria-label=${label} onKeyDown=${walk}>
    ${nodes.map(node => html`<${Branch} node=${node} level=${1} open=${open} selected=${selected} onSelect=${onSelect} />`)}</ul>`;

/** @param {{node: TreeNode, level: number, open: number, selected?: string, onSelect?: (id: string) => void}} props */
function Branch({ node, level, open, selected, onSelect }) {
  const [shown, setShown] = useState(level <= open);
  const children = node.children ?? [];
  const act = () => (node.href ? undefined : onSelect ? onSelect(node.id) : setShown(!shown));
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowRight" && children.length && !shown) setShown(true);
    else if (event.key === "ArrowLeft" && shown && children.length) setShown(false);
    else if (event.key === "Enter") act();
    else return;
    event.stopPropagation();
  };
  return html`<li role="treeitem" aria-level=${level} aria-expanded=${children.length ? shown : undefined} aria-selected=${selected === node.id} tabindex="0"
    onKeyDown=${key}>
    <span class="tree-row" style=${{ paddingInlineStart: `${(level - 1) * 16}px` }} onClick=${act}>
      <span class="tree-toggle" onClick=${(/** @type {Event} */ e) => (e.stopPropagation(), setShown(!shown))}>
        ${children.length ? html`<${Icon} name=${shown ? "down" : "right"} size=${12} />` : null}</span>
      ${node.href ? html`<a href=${node.href}>${node.label}</a>` : html`<span>${node.label}</span>`}<span class="tree-note">${node.note}</span>
    </span>
    ${
      shown && children.length
        ? html`<ul role="group">${children.map(
            child => html`<${Branch} node=${child} level=${level + 1} open=${open}
              selected=${selected} onSelect=${onSelect} />`,
          )}</ul>`
        : null
    }
  </li>`;
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("[role=treeitem]")];
  /** @type {HTMLElement} */ (items[items.indexOf(/** @type {Element} */ (document.activeElement)) + step])?.focus();
}
