// @ts-check
// Where the parts of a message go on the page.
import {every, inputs, query} from "./dom.js";
import {morphChildren} from "./morph.js";

/** @typedef {[position: number | null, classes: string]} Slot */

// Each text has the number of the message that it came with: an older one never comes on top of it.
/** @type {Record<string, number>} */
const placed = {};
/** What came before there was a place for it. @type {Map<string, () => void>} */
const early = new Map();

/** Whether nothing newer than this message has come for a part, which it then is. @param {string} name @param {number} number */
export const isNewest = (name, number) => {
    if (number <= (placed[name] || 0)) return false;
    placed[name] = number;
    return true;
};

/** @param {string} name of a part @param {string} html @param {number} number of its message */
export const put = (name, html, number) => {
    const holder = query(`#${name}.part, #${name} .part`);
    if (!holder) return void early.set(name, () => put(name, html, number));
    if (!isNewest(name, number)) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    morphChildren(holder, fresh.content);
    every("dialog[data-modal]", holder).forEach((each) => {
        const dialog = /** @type {HTMLDialogElement} */ (each);
        if (dialog.dataset.open !== undefined && !dialog.open) dialog.showModal();
        if (dialog.dataset.open === undefined && dialog.open) dialog.close();
    });
    if (name === "picker") search();
};

/** @param {string} name of a slot @param {Slot} slot @param {number} number of its message */
export const move = (name, slot, number) => {
    const element = query("#" + name);
    if (!element) return void early.set(name, () => move(name, slot, number));
    if (!isNewest(name, number)) return;
    const [position, classes] = slot;
    element.hidden = position === null;
    element.style.order = String(position);
    element.className = "cell " + classes;
};

/** Places have come: what waited for them is put there. */
export const placeEarly = () => {
    const rest = [...early.values()];
    early.clear();
    rest.forEach((each) => each());
};

/** Hides the painters that do not have every word of the search field, and says so where none has. */
export const search = () => {
    const [field] = inputs("[data-search]");
    if (!field) return;
    const words = field.value.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").split(/\s+/).filter(Boolean);
    const painters = every("[data-keywords]");
    painters.forEach((each) => { each.hidden = !words.every((word) => each.dataset.keywords?.includes(word)); });
    every(".no-hit").forEach((each) => { each.hidden = painters.some((painter) => !painter.hidden); });
};
