// @ts-check
// What the browser keeps: the notebook of each tab, which no two tabs hold at once, and a few wishes.

/** @typedef {{book: string, at: number}} Kept */

const KEEP = "stylize-notebook:", BROWSER = "stylize-browser", MOST_KEPT = 8;
const STALE = 15000; // milliseconds after which a tab that says nothing is taken for closed

/** A value that outlasts the page, where anything can be stored. @param {string} name @param {string} [value] */
export const remember = (name, value) => {
    try {
        if (value) localStorage.setItem(name, value);
        return localStorage.getItem(name);
    } catch { return value || null; }
};

/** A value of this tab. @param {string} name @param {string} [value] @returns {string | null} */
export const session = (name, value) => {
    try {
        if (value !== undefined) sessionStorage.setItem(name, value);
        return sessionStorage.getItem(name);
    } catch { return null; }
};

/** @param {string} key of a tab @returns {Kept | null} */
export const stored = (key) => {
    try { return JSON.parse(localStorage.getItem(KEEP + key) ?? "null"); } catch { return null; }
};

/** The notebooks of all tabs, the latest first. */
const saved = () => Object.keys(localStorage).filter((name) => name.startsWith(KEEP))
    .map((name) => name.slice(KEEP.length)).map((key) => ({key, book: "", at: 0, ...stored(key)}))
    .filter((each) => each.book).sort((a, b) => b.at - a.at);

/** @param {string} key of a tab @param {string} book as JSON; "" where it is too long to be kept */
export const keep = (key, book) => {
    if (!book) return;
    try {
        localStorage.setItem(KEEP + key, JSON.stringify({book, at: Date.now()}));
        saved().slice(MOST_KEPT).forEach((each) => localStorage.removeItem(KEEP + each.key));
    } catch { /* a full or closed store: the notebook lasts as long as the page */ }
};

/** Says that a tab is still there, where there are no locks to tell it. @param {string} key */
export const beat = (key) => {
    const now = stored(key);
    if (!now || navigator.locks) return;
    try { localStorage.setItem(KEEP + key, JSON.stringify({...now, at: Date.now()})); } catch { /* as above */ }
};

/** 32 random hex digits. */
const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The secret of all tabs of this browser, whose pictures are the same; "" where nothing can be stored. */
const secret = async () => {
    const found = () => {
        try {
            if (!/^[0-9a-f]{32}$/.test(localStorage.getItem(BROWSER) ?? "")) localStorage.setItem(BROWSER, fresh());
            return localStorage.getItem(BROWSER) ?? "";
        } catch { return ""; }
    };
    return navigator.locks ? navigator.locks.request(BROWSER, found) : found();
};

/** Takes a key for this tab until it is closed; false where another tab has it. @param {string} key @returns {Promise<boolean>} */
const hold = (key) => new Promise((answer) => {
    if (!navigator.locks) return answer(Date.now() - (stored(key)?.at || 0) > STALE || key === session("stylize-key"));
    navigator.locks.request(KEEP + key, {ifAvailable: true}, (lock) => {
        answer(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined;
    });
    return undefined;
});

/** Who this tab is: its key, the browser's secret, and the notebook of its last visit. */
export const identify = async () => {
    const own = session("stylize-key");
    let key = "", book = "";
    // The lock of a page that is being reloaded is let go a moment later.
    for (let n = 0; own && !key && n < 5; n += 1) {
        if (await hold(own)) key = own;
        else await new Promise((next) => { setTimeout(next, 100); });
    }
    if (own) book = stored(own)?.book || "";
    if (!own) {
        for (const each of saved()) {
            if (!key && await hold(each.key)) [key, book] = [each.key, each.book];
        }
    }
    if (!key) {
        key = fresh();
        await hold(key);
    }
    session("stylize-key", key);
    return {key, browser: await secret() || key, book};
};
