// @ts-check
// Messages at the edge of the page, and downloads.
import {every, query} from "./dom.js";
import {settleFields} from "./morph.js";

/** What the page says by itself, in its language. */
export const texts = {undo: "", lost: "", away: "", large: "", camera: "", shoot: "", drop: ""};

/** Shows messages above everything, a dialog that is open as well. @param {HTMLElement | null} holder */
const raise = (holder) => {
    if (!holder?.showPopover) return;
    if (holder.matches(":popover-open")) holder.hidePopover();
    holder.showPopover();
};

// It must be there before the first message, or no screen reader reads that out.
export const listenForMessages = () => {
    const holder = Object.assign(document.createElement("div"), {id: "toasts"});
    holder.setAttribute("role", "status");
    holder.setAttribute("aria-live", "polite");
    holder.setAttribute("popover", "manual");
    query(".gradio-container")?.append(holder);
    raise(holder);
    new MutationObserver(translateLost).observe(document.body, {childList: true, subtree: true});
};

/** @param {string} kind done, undo or failed @param {string} text @param {boolean} [stays] until the next one */
export const toast = (kind, text, stays = false) => {
    const box = document.createElement("div");
    box.className = "toast " + kind;
    box.append(Object.assign(document.createElement("span"), {textContent: text}));
    if (kind === "undo") {
        const undo = Object.assign(document.createElement("button"), {type: "button", textContent: texts.undo});
        undo.dataset.do = "undo";
        undo.addEventListener("click", () => box.remove());
        box.append(undo);
    }
    const holder = query("#toasts");
    holder?.replaceChildren(box);
    if (query("dialog[open]")) raise(holder);
    if (!stays) setTimeout(() => box.remove(), kind === "failed" ? 9000 : 6000);
    if (kind === "failed") settleFields();
};

// gradio loads the page again when a broken line is mended, but says so in English alone.
const translateLost = () => every(".toast-wrap .toast-item:not([hidden])").forEach((each) => {
    if (!each.textContent?.includes("Connection to the server was lost")) return;
    each.hidden = true;
    each.style.display = "none";
    toast("failed", texts.away, true);
});

/** @param {string} address @param {string} name of the file */
export const download = (address, name) => {
    const link = Object.assign(document.createElement("a"), {href: address, download: name});
    document.body.append(link);
    link.click();
    link.remove();
};
