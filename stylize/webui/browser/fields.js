// @ts-check
// Fields that a visitor changes: each has the name of its command in data-change, and in data-field that of the
// command's field that gets the value (by default "value").
import {act, command, keepUnsent, onRestart} from "./channel.js";
import {inputs, isField, isInput, target} from "./dom.js";
import {fill} from "./morph.js";
import {search} from "./placing.js";

/** @typedef {import("./dom.js").Field} Field */

const PAUSE = 400; // milliseconds without a key after which what was typed is sent

/** The value of a field by data-kind. @param {Field} field */
const read = (field) => {
    const kind = field.dataset.kind;
    if (kind === "bool" && isInput(field)) return field.checked;
    if (kind === "number") return field.value === "" ? null : Number(field.value);
    if (kind === "list") return inputs("input", field.closest(".boxes") ?? document).filter((each) => each.checked).map((each) => each.value);
    return field.value;
};

/** @param {Field} field */
const change = (field) => {
    const {change: name = "", field: filled = "value"} = field.dataset, value = read(field);
    if (name === "of_mode" && !value) return;
    act(command(name, {...field.dataset, [filled]: value}));
};

/** Fields that are being typed in. @type {Map<Field, ReturnType<typeof setTimeout>>} */
const typed = new Map();

/** Sends what is being typed. */
export const flush = () => {
    for (const [field, timer] of typed) {
        clearTimeout(timer);
        change(field);
    }
    typed.clear();
};

export const listenToFields = () => {
    onRestart(flush);
    // What was typed in the last moment is not lost with the page.
    window.addEventListener("pagehide", () => {
        flush();
        keepUnsent();
    });
    document.addEventListener("input", (event) => {
        const field = target(event);
        if (!isField(field)) return;
        if (field.matches(".divide")) return field.parentElement?.style.setProperty("--at", field.value + "%");
        if (field.matches("[data-search]")) return search();
        fill(field);
        const next = field.nextElementSibling;
        if (field.type === "range" && next?.nodeName === "OUTPUT") next.textContent = String(Number(field.value));
        if (!field.matches("[data-change=title], [data-change=text], [data-change=rename]")) return;
        clearTimeout(typed.get(field));
        typed.set(field, setTimeout(() => { typed.delete(field); change(field); }, PAUSE));
    });
    document.addEventListener("change", (event) => {
        const field = target(event);
        if (!isField(field) || !field.dataset.change) return;
        clearTimeout(typed.get(field));
        typed.delete(field);
        change(field);
    });
};
