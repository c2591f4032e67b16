// @ts-check
// Buttons: each has the name of its command in data-do, and the command's fields in other attributes.
import {use} from "./cells.js";
import {act, command} from "./channel.js";
import {every, openMenus, query, target} from "./dom.js";
import {flush} from "./fields.js";
import {camera} from "./files.js";
import {theme} from "./preferences.js";
import {toast} from "./messages.js";
import {remember} from "./storage.js";

/** @returns {HTMLDialogElement | null} */
const keys = () => document.querySelector("dialog.keys");

/** Shows the list of keys. */
export const help = () => keys()?.showModal();

/** @param {string} text for the clipboard */
const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); } catch {
        const area = Object.assign(document.createElement("textarea"), {value: text});
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }
};

/** What the browser does by itself. @type {Record<string, (data: DOMStringMap, button: HTMLElement) => void>} */
const HERE = {
    // gradio puts a name of the page in front of every rule, so that no rule reaches the body
    gallery: () => {
        const open = query("#desk")?.classList.toggle("with-gallery");
        query(".gallery-button")?.setAttribute("aria-pressed", String(open));
    },
    more: (_data, button) => unfold(button, !button.closest("[data-more]")?.classList.contains("opened")),
    theme: () => theme(document.body.classList.contains("dark") ? "light" : "dark"),
    help: () => help(),
    unhelp: () => keys()?.close(),
    camera: () => camera(),
    copy: async (data) => {
        await copy(data.text ?? "");
        toast("done", data.said ?? "");
    },
    language: (data) => {
        remember("stylize-language", data.value);
        act(command("language", data));
    },
};

/** Shows or hides the tools that a phone shows only when they are asked for. @param {HTMLElement} button @param {boolean} open */
const unfold = (button, open) => {
    button.closest("[data-more]")?.classList.toggle("opened", open);
    button.setAttribute("aria-expanded", String(open));
};

/** Hides them, but for those around an element. @param {Element} [inside] */
const fold = (inside) => every(".opened > .more-button").forEach((each) => {
    if (!inside || !each.parentElement?.contains(inside)) unfold(each, false);
});

/** Closes what is open, and goes back to what opened it. */
export const closeMenus = () => {
    openMenus().forEach((each) => { each.open = false; query("summary", each)?.focus(); });
    every(".opened > .more-button").forEach((each) => { unfold(each, false); each.focus(); });
};

/** @param {HTMLElement} pressed */
const press = (pressed) => {
    const menu = pressed.closest("details.menu");
    openMenus().forEach((each) => { if (each !== menu) each.open = false; });
    fold(pressed);
    if (pressed.closest(".extras button, .extras label")) fold();
    use(pressed.closest(".cell"));
    const written = pressed.closest(".written");
    if (written?.parentElement && !pressed.closest("a")) return query("textarea", written.parentElement)?.focus();
    if (pressed instanceof HTMLDialogElement) pressed.close();
    const button = /** @type {HTMLElement | null} */ (pressed.closest("[data-do]"));
    if (!button) return;
    if (menu instanceof HTMLDetailsElement) menu.open = false;
    flush();
    const name = button.dataset.do ?? "";
    if (HERE[name]) HERE[name](button.dataset, button);
    else act(command(name, button.dataset));
};

export const listenForClicks = () => {
    document.addEventListener("click", (event) => press(target(event)));
    document.addEventListener("focusin", (event) => {
        target(event).closest(".jotting textarea")?.parentElement?.classList.add("editing");
    });
    document.addEventListener("focusout", (event) => {
        target(event).closest(".jotting.editing")?.classList.remove("editing");
    });
    document.addEventListener("close", (event) => {
        const dialog = target(event);
        if (dialog.matches("dialog.picker") && dialog.dataset.open !== undefined) act({do: "close"});
    }, true);
};
