// @ts-check
// What the browser does: it puts the server's HTML in place without disturbing what is being typed or looked
// at, tells the server what a visitor does, and keeps the notebook for the next visit.
import {begin, connect} from "./channel.js";
import {listenForClicks} from "./clicks.js";
import {describe} from "./description.js";
import {listenToFields} from "./fields.js";
import {listenForFiles} from "./files.js";
import {listenForKeys} from "./keys.js";
import {theme} from "./preferences.js";
import {listenForMessages} from "./messages.js";
import {placeEarly} from "./placing.js";
import {identify} from "./storage.js";

listenForClicks();
listenToFields();
listenForFiles();
listenForKeys();

/** Called by the page's components (page.py): a place for HTML is there; the channel is there. */
const stylize = {
    placed: placeEarly,
    /** @param {import("./channel.js").Events} events @param {{value: string}} props @param {(name: string, call: () => void) => void} watch */
    bus: async (events, props, watch) => {
        connect(events, props, watch);
        theme();
        listenForMessages();
        begin(await identify());
        describe();
    },
};
Object.assign(window, {stylize});
