// @ts-check
// Talking to the server: commands to it, messages from it. What is lost on the way is asked for again.
import {show} from "./cells.js";
import {FIELDS} from "./commands.js";
import {spoken} from "./preferences.js";
import {download, texts, toast} from "./messages.js";
import {isNewest, move, put} from "./placing.js";
import {beat, keep, session, stored} from "./storage.js";

/** @typedef {import("./commands.js").Command} Command */
/** @typedef {import("./placing.js").Slot} Slot */
/** @typedef {{act: (data: object) => void, follow: (data: object) => void}} Events */
/** @typedef {[number: number, kind: string, text: string]} Said */
/**
 * What the browser is to do or to say. Each thing has a number, so that it is done once.
 * @typedef {typeof texts & {unknown?: boolean, running: boolean, language: string, said: Said, download: Said, focus: [number, number]}} Pulse
 */
/** @typedef {{number: number, after: number, pulse: Pulse, parts: Record<string, string>, slots: Record<string, Slot>}} Message */

const SILENCE = 8000; // milliseconds without a word after which a follower is replaced
/** Commands that may be sent twice without harm. */
const EDITS = new Set(["title", "text", "rename", "set", "property"]);

/** @type {Events} */
let send;
let key = "", browser = "", opened = false, following = false, heard = 0, asked = 0;
let done = {said: 0, download: 0, focus: 0};
/** Commands that the server has not answered yet. @type {Command[]} */
let sent = [];
/** Commands that wait until the server has opened the notebook. @type {Command[]} */
const waiting = [];
/** @type {(() => void)[]} */
const restarts = [];

/** Calls a function when the server has been started anew, before it is told again what it had not answered. @param {() => void} call */
export const onRestart = (call) => { restarts.push(call); };

/**
 * A command from the attributes of an element, of which only its fields are sent.
 * @param {string} name @param {Record<string, unknown>} data @returns {Command}
 */
export const command = (name, data) => {
    const fields = FIELDS[name];
    if (!fields) throw new Error(`There is no command ${name}`);
    const known = fields.filter((each) => data[each] !== undefined).map((each) => [each, data[each]]);
    return {do: name, ...Object.fromEntries(known)};
};

/**
 * Sends a command. What is done before the server has opened the notebook waits for that; what it has not
 * answered yet is done again if it turns out to have been started anew.
 * @param {Command} wanted
 */
export const act = (wanted) => {
    if (!opened) return void waiting.push(wanted);
    sent.push(wanted);
    send.act({...wanted, key, browser});
};

const follow = () => {
    following = true;
    heard = Date.now();
    send.follow({key, browser});
};

/** @param {string} book that the browser kept @param {Record<string, string>} [query] what the page's address asks for */
const open = (book, query = {}) => {
    opened = false;
    asked = Date.now();
    send.act({...command("open", {book, language: spoken(), query}), key, browser});
};

/** What the page's address asks for, once. */
const wish = () => {
    const {preset, recipe} = Object.fromEntries(new URLSearchParams(location.search));
    if (preset || recipe) history.replaceState(null, "", location.pathname);
    return {preset, recipe};
};

/** The server knows nothing of this tab: it has been started anew. */
const again = () => {
    if (!opened || Date.now() - asked < 2000) return;
    opened = false;
    const rest = sent.splice(0);
    restarts.forEach((each) => each());
    waiting.unshift(...rest);
    done = {said: 0, download: 0, focus: 0};
    open(stored(key)?.book || "");
};

// Messages may overtake each other or be lost with a connection, and of two at the same moment gradio shows
// the second alone. Each names the one before it; what stays missing is asked for.
let whole = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let missing;
/** @type {Map<number, number>} */
const later = new Map();

/** @param {number} number of a message @param {number} after that of the one before it */
const count = (number, after) => {
    if (!after) whole = Math.max(whole, number);
    else if (number > whole) later.set(after, number);
    for (const [before, next] of [...later].sort((a, b) => a[1] - b[1])) {
        if (before > whole) break;
        whole = Math.max(whole, next);
        later.delete(before);
    }
    if (later.size) missing ??= setTimeout(refresh, 1000); // whatever else comes meanwhile, as during a run
    else stopWaiting();
};

const stopWaiting = () => {
    clearTimeout(missing);
    missing = undefined;
};

const refresh = () => {
    stopWaiting();
    later.clear();
    send.act({...command("refresh", {}), key, browser});
};

/** @param {string} value a message as JSON */
const hear = (value) => {
    if (!value) return;
    const {number, after, pulse, parts, slots} = /** @type {Message} */ (JSON.parse(value));
    heard = Date.now();
    if (pulse.unknown) return again();
    sent = [];
    count(number, after);
    Object.entries(slots).forEach(([name, slot]) => move(name, slot, number));
    Object.entries(parts).forEach(([name, html]) => {
        if (name !== "keep") put(name, html, number);
        else if (isNewest(name, number)) keep(key, html);
    });
    if (isNewest("pulse", number)) obey(pulse);
};

/** @param {Pulse} now */
const obey = (now) => {
    Object.assign(texts, now);
    document.documentElement.lang = now.language === "zh" ? "zh-CN" : "en";
    if (!now.running) following = false;
    else if (!following) follow();
    if (now.said[0] > done.said) toast(now.said[1], now.said[2]);
    if (now.download[0] > done.download) download(now.download[1], now.download[2]);
    if (now.focus[0] > done.focus) setTimeout(show, 60, now.focus[1]);
    done = {said: now.said[0], download: now.download[0], focus: now.focus[0]};
    if (opened) return;
    opened = true;
    waiting.splice(0).forEach(act);
};

/** Keeps for the next page of this tab what the server has not answered. */
export const keepUnsent = () => {
    const rest = [...sent, ...waiting].filter((each) => EDITS.has(each.do));
    if (rest.length) session("stylize-unsent", JSON.stringify(rest));
};

/** @returns {Command[]} */
const unsent = () => {
    const rest = session("stylize-unsent");
    session("stylize-unsent", "");
    try { return JSON.parse(rest || "[]"); } catch { return []; }
};

/** @param {Events} events @param {{value: string}} props @param {(name: string, call: () => void) => void} watch */
export const connect = (events, props, watch) => {
    send = events;
    watch("value", () => hear(props.value));
    // A follower that has gone silent, with the connection or the server, is replaced.
    setInterval(() => {
        if (following && Date.now() - heard > SILENCE && navigator.onLine) follow();
        if (key && !opened && Date.now() - asked > SILENCE && navigator.onLine) open(stored(key)?.book || "");
        if (key && opened) beat(key);
    }, 4000);
};

/** Opens the notebook of a tab. @param {{key: string, browser: string, book: string}} tab */
export const begin = (tab) => {
    ({key, browser} = tab);
    waiting.unshift(...unsent());
    open(tab.book, wish());
};
