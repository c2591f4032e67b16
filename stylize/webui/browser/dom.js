// @ts-check
// Short ways to elements.

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/** @param {string} what @param {ParentNode} [from] @returns {HTMLElement | null} */
export const query = (what, from = document) => from.querySelector(what);

/** @param {string} what @param {ParentNode} [from] @returns {HTMLElement[]} */
export const every = (what, from = document) => [...from.querySelectorAll(what)].map((each) => /** @type {HTMLElement} */ (each));

/** @param {string} what @param {ParentNode} [from] @returns {HTMLInputElement[]} */
export const inputs = (what, from = document) => every(what, from).map((each) => /** @type {HTMLInputElement} */ (each));

/** The element in which an event happened. @param {Event} event @returns {HTMLElement} */
export const target = (event) => {
    const node = event.target;
    const element = node instanceof Element ? node : node instanceof Node ? node.parentElement : null;
    return /** @type {HTMLElement} */ (element ?? document.body);
};

/** @param {HTMLElement} element @returns {element is HTMLInputElement} */
export const isInput = (element) => element.nodeName === "INPUT";

/** @param {HTMLElement} element @returns {element is Field} */
export const isField = (element) => /^(INPUT|SELECT|TEXTAREA)$/.test(element.nodeName);

/** @returns {HTMLDetailsElement[]} */
export const openMenus = () => every("details.menu[open]").map((each) => /** @type {HTMLDetailsElement} */ (each));
