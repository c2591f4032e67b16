// @ts-check
// The cells from top to bottom, and the one that was used last.
import {every, query} from "./dom.js";

/** @type {HTMLElement | null} */
let active = null;

/** @param {HTMLElement | null} cell that is used now */
export const use = (cell) => { active = cell ?? active; };

/** All cells from top to bottom. */
export const cells = () => every(".cell").filter((each) => query(".head", each))
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);

/** The cell that a key is meant for. @param {HTMLElement} focused @returns {HTMLElement | undefined} */
export const current = (focused) => /** @type {HTMLElement | null} */ (focused.closest(".cell")) ||
    (active?.isConnected && active) || cells()[0];

/** Brings the cell of a slot into view. @param {number | string} slot */
export const show = (slot) => {
    const cell = query("#cell-" + slot);
    if (!cell) return;
    use(cell);
    const box = cell.getBoundingClientRect(), above = query("#top")?.offsetHeight ?? 0;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (box.top < above || box.top > innerHeight * .5) {
        window.scrollTo({top: scrollY + box.top - above - 16, behavior: calm ? "auto" : "smooth"});
    }
};
