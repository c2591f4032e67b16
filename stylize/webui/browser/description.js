// @ts-check
// The description of the page's endpoints, which gradio shows at ?view=api.
import {query} from "./dom.js";

const PATIENCE = 100; // times, a tenth of a second each, that gradio's button is looked for

// Gradio loads the description when its button is pressed, which the page hides; of an address alone it shows
// nothing, and with that address the first press would close what is not there. So it is told the address
// without this.
const asked = new URLSearchParams(location.search), wanted = asked.get("view") === "api";
if (wanted) {
    asked.delete("view");
    const rest = asked.toString();
    history.replaceState(null, "", location.pathname + (rest && "?" + rest) + location.hash);
}

/** Shows the description where the page's address asks for it. @param {number} [left] times to look for it */
export const describe = (left = wanted ? PATIENCE : 0) => {
    const button = left ? query("footer .show-api") : null;
    if (button) button.click();
    else if (left) setTimeout(describe, 100, left - 1);
};
