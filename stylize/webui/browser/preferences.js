// @ts-check
// Light or dark, and the language.
import {remember} from "./storage.js";

/** The language that was chosen, or that of the browser. @returns {string} */
export const spoken = () => remember("stylize-language") || (navigator.language.startsWith("zh") ? "zh" : "en");

/** Shows a theme, by default the one that was chosen, asked for or preferred. @param {"light" | "dark"} [value] */
export const theme = (value) => {
    const asked = new URLSearchParams(location.search).get("__theme");
    const dark = (value || remember("stylize-theme") || asked ||
        (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    if (value) remember("stylize-theme", value);
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
};
