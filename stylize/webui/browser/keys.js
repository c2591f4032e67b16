// @ts-check
// The keyboard.
import {cells, current, show, use} from "./cells.js";
import {act} from "./channel.js";
import {closeMenus, help} from "./clicks.js";
import {query, target} from "./dom.js";
import {flush} from "./fields.js";

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea";

/** @param {HTMLElement} cell @param {boolean} onwards to the cell below */
const run = (cell, onwards) => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    flush();
    query(".run", cell)?.click();
    const next = onwards && cells()[cells().indexOf(cell) + 1];
    if (!next) return;
    use(next);
    show(next.id.slice("cell-".length));
    query("input.title", next)?.focus({preventScroll: true});
};

/** What a key stands for, if anything. @param {KeyboardEvent} event @returns {(() => void) | undefined} */
const meaning = (event) => {
    const focused = target(event), key = event.key, control = event.ctrlKey || event.metaKey;
    const cell = current(focused);
    if (cell && key === "Enter" && (control || event.shiftKey)) {
        const newLine = event.shiftKey && focused.nodeName === "TEXTAREA";
        return newLine ? undefined : () => run(cell, event.shiftKey);
    }
    if (cell && event.altKey && /^Arrow(Up|Down)$/.test(key)) {
        return () => query(`[data-way=${key === "ArrowUp" ? "up" : "down"}]`, cell)?.click();
    }
    if (control && key.toLowerCase() === "b") return () => act({do: "add", kind: "picture"});
    return focused.matches(TYPING) ? undefined : meaningOutsideTexts(event, control);
};

/** @param {KeyboardEvent} event @param {boolean} control @returns {(() => void) | undefined} */
const meaningOutsideTexts = (event, control) => {
    if (event.key === "?") return help;
    if (control && event.key.toLowerCase() === "z") return () => act({do: event.shiftKey ? "redo" : "undo"});
    return undefined;
};

export const listenForKeys = () => document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus();
    const call = meaning(event);
    if (!call) return;
    call();
    event.preventDefault();
    event.stopPropagation();
}, true);
