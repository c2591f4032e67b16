// @ts-check
// Puts HTML in place of what is there and changes only what differs, so that what is typed, chosen, opened or
// looked at stays as it is.
import {inputs, isField, isInput, query} from "./dom.js";

/** @param {Node} a @param {Node} b */
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

/** Whether an attribute is the browser's own, whatever the server sends. @param {Element} node @param {string} name */
const kept = (node, name) => (name === "open" && /DETAILS|DIALOG/.test(node.nodeName)) ||
    (name === "class" && node.hasAttribute("data-keep-class")) ||
    (/^aria-(expanded|pressed)$/.test(name) && node.hasAttribute("data-keep-state")) ||
    (name === "style" && node.hasAttribute("data-keep-style"));

/** @param {Node} old @param {Node} fresh of the same kind */
const morph = (old, fresh) => {
    if (!(old instanceof HTMLElement || old instanceof SVGElement) || !(fresh instanceof Element)) {
        if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
        return;
    }
    const moved = old.dataset.cell !== (fresh.getAttribute("data-cell") ?? undefined);
    for (const {name} of [...old.attributes]) {
        if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
    }
    for (const {name, value} of fresh.attributes) {
        if (!kept(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    morphChildren(old, fresh);
    if (old instanceof HTMLElement) settle(old, moved);
    // What is typed on goes to the cell that it was begun for, or nowhere.
    if (moved && old === document.activeElement) old.blur();
};

/** Makes the children of an element those of another one. @param {Node} old @param {Node} fresh */
export const morphChildren = (old, fresh) => {
    const now = [...old.childNodes], next = [...fresh.childNodes];
    next.forEach((node, n) => {
        if (!now[n]) old.appendChild(node);
        else if (alike(now[n], node)) morph(now[n], node);
        else now[n].replaceWith(node);
    });
    now.slice(next.length).forEach((node) => node.remove());
};

/**
 * Shows what the attributes say: an element may differ from them once somebody has used it.
 * @param {HTMLElement} node @param {boolean} [force] also where the visitor is typing
 */
export const settle = (node, force = false) => {
    if (node === document.activeElement && !force) return;
    if (isInput(node) && !node.hasAttribute("data-keep")) {
        if (/checkbox|radio/.test(node.type)) node.checked = node.hasAttribute("checked");
        else if (node.type !== "file") node.value = node.getAttribute("value") ?? "";
        fill(node);
    } else if (node instanceof HTMLSelectElement) {
        const chosen = /** @type {HTMLOptionElement | null} */ (query("option[selected]", node));
        if (chosen) node.value = chosen.value;
    } else if (node instanceof HTMLTextAreaElement) node.value = node.textContent ?? "";
    else if (node.dataset.ratio) node.style.setProperty("--ratio", node.dataset.ratio);
};

/** Shows all fields as the server has them. */
export const settleFields = () => inputs("[data-change]").forEach((each) => settle(each, true));

/** Colors the part of a slider below its value. @param {HTMLElement} node */
export const fill = (node) => {
    if (!isField(node) || node.type !== "range" || !isInput(node) || node.matches(".divide")) return;
    const low = Number(node.min), share = (Number(node.value) - low) / (Number(node.max) - low);
    node.style.setProperty("--fill", (100 * share).toFixed(1) + "%");
};
