// What the browser does: it puts the server's HTML in place without disturbing what is being typed or looked
// at, tells the server what a visitor does, and keeps the notebook for the next visit.
window.stylize = (() => {
    const KEEP = "stylize-notebook:", BROWSER = "stylize-browser", MOST_KEPT = 8, STALE = 15000;
    const query = (what, from = document) => from.querySelector(what);
    const every = (what, from = document) => [...from.querySelectorAll(what)];
    const EDITS = new Set(["title", "text", "rename", "set", "weight"]);
    let send = null, key = "", browser = "", opened = false, following = false, heard = 0, asked = 0, text = {}, active = null;
    let done = {said: 0, download: 0, focus: 0}, sent = [], waiting = [];

    // Putting HTML in place

    const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;
    const kept = (node, name) => (name === "open" && /DETAILS|DIALOG/.test(node.nodeName)) ||
        (name === "class" && node.hasAttribute("data-keep-class")) ||
        (/^aria-(expanded|pressed)$/.test(name) && node.hasAttribute("data-keep-state")) ||
        (name === "style" && node.hasAttribute("data-keep-style"));
    const morph = (old, fresh) => {
        if (old.nodeType !== 1) {
            if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
            return;
        }
        const moved = old.dataset.cell !== fresh.dataset.cell;
        for (const {name} of [...old.attributes]) {
            if (!fresh.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
        }
        for (const {name, value} of fresh.attributes) {
            if (!kept(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
        }
        children(old, fresh);
        settle(old, moved);
        // What is typed on goes to the cell that it was begun for, or nowhere.
        if (moved && old === document.activeElement) old.blur();
    };
    const children = (old, fresh) => {
        const now = [...old.childNodes], next = [...fresh.childNodes];
        next.forEach((node, n) => {
            if (!now[n]) old.append(node);
            else if (same(now[n], node)) morph(now[n], node);
            else now[n].replaceWith(node);
        });
        now.slice(next.length).forEach((node) => node.remove());
    };
    // What an element shows may differ from its attributes once somebody has used it.
    const settle = (node, force = false) => {
        if (node === document.activeElement && !force) return;
        if (node.nodeName === "INPUT" && !node.hasAttribute("data-keep")) {
            if (/checkbox|radio/.test(node.type)) node.checked = node.hasAttribute("checked");
            else if (node.type !== "file") node.value = node.getAttribute("value") ?? "";
            fill(node);
        } else if (node.nodeName === "SELECT") {
            const chosen = query("option[selected]", node);
            if (chosen) node.value = chosen.value;
        } else if (node.nodeName === "TEXTAREA") node.value = node.textContent;
        else if (node.dataset.ratio) node.style.setProperty("--ratio", node.dataset.ratio);
    };
    const fill = (node) => {
        if (node.type !== "range" || node.matches(".divide")) return;
        const low = Number(node.min), share = (node.value - low) / (node.max - low);
        node.style.setProperty("--fill", (100 * share).toFixed(1) + "%");
    };
    // Each text has the number of the message that it came with: an older one never comes on top of it.
    const placed = {}, early = new Map();
    const put = (name, plain, number) => {
        if (number <= (placed[name] || 0)) return;
        if (name === "keep") {
            placed[name] = number;
            return keep(plain);
        }
        const holder = query(`#${name}.part, #${name} .part`);
        if (!holder) return void early.set(name, [plain, number]);
        placed[name] = number;
        const fresh = document.createElement("template");
        fresh.innerHTML = plain;
        children(holder, fresh.content);
        every("dialog[data-modal]", holder).forEach((each) => {
            if (each.dataset.open !== undefined && !each.open) each.showModal();
            if (each.dataset.open === undefined && each.open) each.close();
        });
        if (name === "picker") search();
    };
    const move = (name, [position, kind], number) => {
        if (number <= (placed[name] || 0)) return;
        const slot = query("#" + name);
        if (!slot) return void early.set(name, [[position, kind], number]);
        placed[name] = number;
        slot.hidden = position === null;
        slot.style.order = position;
        slot.className = "cell " + kind;
    };
    // What came before there was a place for it
    const settled = () => {
        const rest = [...early];
        early.clear();
        rest.forEach(([name, [value, number]]) => (Array.isArray(value) ? move : put)(name, value, number));
    };

    // Talking to the server

    // Messages may overtake each other or be lost with a connection, and of two at the same moment gradio shows
    // the second alone. Each names the one before it; what stays missing is asked for.
    let whole = 0, missing = null;
    const later = new Map();
    const follows = (number, after) => {
        if (!after) whole = Math.max(whole, number);
        else if (number > whole) later.set(after, number);
        for (const [before, next] of [...later].sort((a, b) => a[1] - b[1])) {
            if (before > whole) break;
            whole = Math.max(whole, next);
            later.delete(before);
        }
        clearTimeout(missing);
        if (later.size) missing = setTimeout(() => { later.clear(); send.act({do: "refresh", key, browser}); }, 1000);
    };
    const news = (value) => {
        if (!value) return;
        const {number, after, pulse: now, parts, slots} = JSON.parse(value);
        heard = Date.now();
        if (now.unknown) return again();
        sent = [];
        follows(number, after);
        Object.entries(slots).forEach(([name, slot]) => move(name, slot, number));
        Object.entries(parts).forEach(([name, plain]) => put(name, plain, number));
        if (number > (placed.pulse || 0)) {
            placed.pulse = number;
            pulse(now);
        }
    };
    // What is done before the server has opened the notebook waits for that; what it has not answered yet is
    // done again if it turns out to have been started anew.
    const act = (data) => {
        if (!opened) return void waiting.push(data);
        sent.push(data);
        send.act({...data, key, browser});
    };
    const follow = () => {
        following = true;
        heard = Date.now();
        send.follow({key, browser});
    };
    const open = (book, wish = {}) => {
        opened = false;
        asked = Date.now();
        send.act({do: "open", book, key, browser, language: spoken(), query: wish});
    };
    const wish = () => {
        const {preset, recipe} = Object.fromEntries(new URLSearchParams(location.search));
        if (preset || recipe) history.replaceState(null, "", location.pathname);
        return {preset, recipe};
    };
    const again = () => {
        if (!opened || Date.now() - asked < 2000) return;
        opened = false;
        const rest = sent.splice(0);
        flush();
        waiting.unshift(...rest);
        done = {said: 0, download: 0, focus: 0};
        open(stored(key)?.book || "");
    };
    const pulse = (now) => {
        text = now;
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
    // A follower that has gone silent, with the connection or the server, is replaced.
    setInterval(() => {
        if (following && Date.now() - heard > 8000 && navigator.onLine) follow();
        if (key && !opened && Date.now() - asked > 8000 && navigator.onLine) open(stored(key)?.book || "");
        if (key && opened) beat();
    }, 4000);
    // What was typed in the last moment is not lost with the page: these may be said twice without harm.
    window.addEventListener("pagehide", () => {
        flush();
        const rest = [...sent, ...waiting].filter((each) => EDITS.has(each.do));
        if (rest.length) session("stylize-unsent", JSON.stringify(rest));
    });
    const unsent = () => {
        const rest = session("stylize-unsent");
        session("stylize-unsent", "");
        try { return JSON.parse(rest || "[]"); } catch { return []; }
    };

    // Keeping the notebook: a key for each tab, which no two tabs hold at once

    const stored = (which) => {
        try { return JSON.parse(localStorage.getItem(KEEP + which)); } catch { return null; }
    };
    const saved = () => Object.keys(localStorage).filter((name) => name.startsWith(KEEP))
        .map((name) => name.slice(KEEP.length)).map((which) => ({which, ...stored(which)}))
        .filter((each) => each.book).sort((a, b) => b.at - a.at);
    const keep = (book) => {
        if (!book) return;
        try {
            localStorage.setItem(KEEP + key, JSON.stringify({book, at: Date.now()}));
            saved().slice(MOST_KEPT).forEach((each) => localStorage.removeItem(KEEP + each.which));
        } catch { /* a full or closed store: the notebook lasts as long as the page */ }
    };
    const beat = () => {
        const now = stored(key);
        if (!now || navigator.locks) return;
        try { localStorage.setItem(KEEP + key, JSON.stringify({...now, at: Date.now()})); } catch { /* as above */ }
    };
    const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))]
        .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    // The secret of all tabs of this browser, whose pictures are the same; "" where nothing can be stored.
    const secret = () => {
        const found = () => {
            try {
                if (!/^[0-9a-f]{32}$/.test(localStorage.getItem(BROWSER))) localStorage.setItem(BROWSER, fresh());
                return localStorage.getItem(BROWSER);
            } catch { return ""; }
        };
        return navigator.locks ? navigator.locks.request(BROWSER, found) : found();
    };
    const hold = (which) => new Promise((answer) => {
        if (!navigator.locks) return answer(Date.now() - (stored(which)?.at || 0) > STALE || which === tab());
        navigator.locks.request(KEEP + which, {ifAvailable: true}, (lock) => {
            answer(Boolean(lock));
            return lock && new Promise(() => {});
        });
    });
    const session = (name, value) => {
        try {
            if (value !== undefined) sessionStorage.setItem(name, value);
            return sessionStorage.getItem(name);
        } catch { return null; }
    };
    const tab = (value) => session("stylize-key", value);
    const begin = async () => {
        const own = tab();
        let book = "";
        // The lock of a page that is being reloaded is let go a moment later.
        for (let n = 0; own && !key && n < 5; n += 1) {
            if (await hold(own)) key = own;
            else await new Promise((next) => setTimeout(next, 100));
        }
        if (own) book = stored(own)?.book || "";
        if (!own) {
            for (const each of saved()) {
                if (!key && await hold(each.which)) [key, book] = [each.which, each.book];
            }
        }
        if (!key) {
            key = fresh();
            await hold(key);
        }
        tab(key);
        browser = await secret() || key;
        waiting.unshift(...unsent());
        open(book, wish());
    };
    const bus = (events, props, watch) => {
        send = events;
        watch("value", () => news(props.value));
        theme();
        listen();
        begin();
    };

    // Light, dark, and language

    const remember = (name, value) => {
        try {
            if (value) localStorage.setItem(name, value);
            return localStorage.getItem(name);
        } catch { return value || null; }
    };
    const spoken = () => remember("stylize-language") || (navigator.language.startsWith("zh") ? "zh" : "en");
    const theme = (value) => {
        const asked = new URLSearchParams(location.search).get("__theme");
        const dark = (value || remember("stylize-theme") || asked ||
            (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
        if (value) remember("stylize-theme", value);
        document.body.classList.toggle("dark", dark);
        document.documentElement.style.colorScheme = dark ? "dark" : "light";
        return dark;
    };

    // Saying and showing

    // It must be there before the first message, or no screen reader reads that out.
    const listen = () => {
        const holder = Object.assign(document.createElement("div"), {id: "toasts"});
        holder.setAttribute("role", "status");
        holder.setAttribute("aria-live", "polite");
        query(".gradio-container").append(holder);
        new MutationObserver(theirs).observe(document.body, {childList: true, subtree: true});
    };
    const toast = (kind, words, stays = false) => {
        const holder = query("#toasts");
        const box = document.createElement("div");
        box.className = "toast " + kind;
        box.append(Object.assign(document.createElement("span"), {textContent: words}));
        if (kind === "undo") {
            const undo = Object.assign(document.createElement("button"), {type: "button", textContent: text.undo});
            undo.dataset.do = "undo";
            undo.addEventListener("click", () => box.remove());
            box.append(undo);
        }
        holder.replaceChildren(box);
        if (!stays) setTimeout(() => box.remove(), kind === "failed" ? 9000 : 6000);
        if (kind === "failed") every("[data-change]").forEach((each) => settle(each, true));
    };
    // gradio loads the page again when a broken line is mended, but says so in English alone.
    const theirs = () => every(".toast-wrap .toast-item:not([hidden])").forEach((each) => {
        if (!each.textContent.includes("Connection to the server was lost")) return;
        each.hidden = true;
        each.style.display = "none";
        toast("failed", text.away, true);
    });
    const download = (address, name) => {
        const link = Object.assign(document.createElement("a"), {href: address, download: name});
        document.body.append(link);
        link.click();
        link.remove();
    };
    const show = (slot) => {
        const cell = query("#cell-" + slot);
        if (!cell) return;
        active = cell;
        const box = cell.getBoundingClientRect();
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches, above = query("#top").offsetHeight;
        if (box.top < above || box.top > innerHeight * .5) {
            window.scrollTo({top: scrollY + box.top - above - 16, behavior: calm ? "auto" : "smooth"});
        }
    };
    const search = () => {
        const field = query("[data-search]");
        if (!field) return;
        const words = field.value.toLowerCase().trim();
        every("[data-words]").forEach((each) => { each.hidden = !each.dataset.words.includes(words); });
    };

    // Pictures from here

    const upload = async (file, about) => {
        const form = new FormData();
        form.append("files", file, file.name || "picture.png");
        query("#desk").classList.add("uploading");
        try {
            const answer = await fetch("gradio_api/upload", {method: "POST", body: form});
            if (answer.status === 413) return toast("failed", text.large);
            const [path] = await answer.json();
            act({...about, path});
        } catch { toast("failed", text.lost); } finally { query("#desk").classList.remove("uploading"); }
    };
    const aim = (node) => {
        const target = node?.closest?.("[data-drop]"), dialog = query("dialog.picker[open]");
        if (dialog) return {do: "upload", ...pick(dialog.dataset, ["cell", "what", "index"])};
        if (!target) return {do: "import"};
        return {do: "upload", cell: target.dataset.cell, what: target.dataset.drop, index: target.dataset.index || 0};
    };
    const pick = (data, names) => Object.fromEntries(names.map((name) => [name, data[name]]));
    const camera = async () => {
        const dialog = query("dialog.picker[open]"), about = aim(dialog), ways = query(".ways", dialog);
        let stream;
        try { stream = await navigator.mediaDevices.getUserMedia({video: true}); } catch { return toast("failed", text.camera); }
        const video = Object.assign(document.createElement("video"), {autoplay: true, muted: true, srcObject: stream});
        const shoot = Object.assign(document.createElement("button"), {type: "button", className: "button primary", textContent: text.shoot});
        const end = () => { stream.getTracks().forEach((track) => track.stop()); video.remove(); shoot.remove(); };
        shoot.addEventListener("click", () => {
            const canvas = Object.assign(document.createElement("canvas"), {width: video.videoWidth, height: video.videoHeight});
            canvas.getContext("2d").drawImage(video, 0, 0);
            canvas.toBlob((blob) => { end(); upload(new File([blob], "camera.png"), about); });
        });
        dialog.addEventListener("close", end, {once: true});
        ways.append(video, shoot);
    };

    // What a visitor does

    const here = {
        // gradio puts a name of the page in front of every rule, so that no rule reaches the body
        gallery: () => {
            const open = query("#desk").classList.toggle("with-gallery");
            query(".gallery-button").setAttribute("aria-pressed", open);
        },
        more: (data, button) => unfold(button, !button.closest("[data-more]").classList.contains("opened")),
        theme: () => theme(document.body.classList.contains("dark") ? "light" : "dark"),
        help: () => query("dialog.keys").showModal(),
        unhelp: () => query("dialog.keys").close(),
        camera,
        copy: async (data) => {
            try { await navigator.clipboard.writeText(data.text); } catch {
                const area = Object.assign(document.createElement("textarea"), {value: data.text});
                document.body.append(area);
                area.select();
                document.execCommand("copy");
                area.remove();
            }
            toast("done", data.said);
        },
        language: (data) => { remember("stylize-language", data.value); act({...data}); },
    };
    // The tools that a phone shows only when they are asked for
    const unfold = (button, open) => {
        button.closest("[data-more]").classList.toggle("opened", open);
        button.setAttribute("aria-expanded", open);
    };
    const fold = (outside) => every(".opened > .more-button").forEach((each) => {
        if (!outside || !each.parentElement.contains(outside)) unfold(each, false);
    });
    document.addEventListener("click", (event) => {
        const inside = event.target.closest("details.menu");
        every("details.menu[open]").forEach((each) => { if (each !== inside) each.open = false; });
        fold(event.target);
        if (event.target.closest(".extras button, .extras label")) fold();
        active = event.target.closest(".cell") || active;
        const written = event.target.closest(".written");
        if (written && !event.target.closest("a")) return query("textarea", written.parentElement).focus();
        if (event.target.nodeName === "DIALOG") event.target.close();
        const button = event.target.closest("[data-do]");
        if (!button) return;
        if (inside) inside.open = false;
        flush();
        const data = {...button.dataset};
        if (here[data.do]) here[data.do](data, button);
        else act(data);
    });
    document.addEventListener("focusin", (event) => {
        event.target.closest?.(".jotting textarea")?.parentElement.classList.add("editing");
    });
    document.addEventListener("focusout", (event) => {
        event.target.closest?.(".jotting.editing")?.classList.remove("editing");
    });
    document.addEventListener("close", (event) => {
        if (event.target.matches?.("dialog.picker") && event.target.dataset.open !== undefined) act({do: "close"});
    }, true);

    const VALUES = {
        bool: (field) => field.checked,
        number: (field) => field.value === "" ? null : Number(field.value),
        list: (field) => every("input", field.closest(".boxes")).filter((each) => each.checked).map((each) => each.value),
    };
    const change = (field) => {
        const data = {...field.dataset};
        const value = (VALUES[data.kind] || ((each) => each.value))(field);
        if (data.change === "axis") return act({do: "axis", cell: data.cell, n: data.n, setting: value});
        if (data.change === "values") return act({do: "axis", cell: data.cell, n: data.n, setting: data.setting, values: value});
        if (data.change === "of_mode" && !value) return;
        act({...data, do: data.change, value});
    };
    const typed = new Map();
    const flush = () => {
        for (const [field, timer] of typed) {
            clearTimeout(timer);
            change(field);
        }
        typed.clear();
    };
    document.addEventListener("input", (event) => {
        const field = event.target;
        if (field.matches(".divide")) return field.parentElement.style.setProperty("--at", field.value + "%");
        if (field.matches("[data-search]")) return search();
        fill(field);
        if (field.type === "range" && field.nextElementSibling?.nodeName === "OUTPUT") {
            field.nextElementSibling.textContent = Number(field.value);
        }
        if (!field.matches("[data-change=title], [data-change=text], [data-change=rename]")) return;
        clearTimeout(typed.get(field));
        typed.set(field, setTimeout(() => { typed.delete(field); change(field); }, 400));
    });
    document.addEventListener("change", (event) => {
        const field = event.target;
        if (field.dataset.upload !== undefined && field.files?.length) {
            const {upload: what, ...about} = field.dataset;
            [...field.files].forEach((file) => upload(file, {...about, do: what === "picture" ? "upload" : what}));
            field.value = "";
        } else if (field.dataset.change) {
            clearTimeout(typed.get(field));
            typed.delete(field);
            change(field);
        }
    });
    document.addEventListener("dragover", (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        every(".aimed").forEach((each) => each.classList.remove("aimed"));
        query("#desk").dataset.hint = text.drop;
        (event.target.closest?.("[data-drop]") || query("#desk")).classList.add("aimed");
    });
    document.addEventListener("drop", (event) => {
        every(".aimed").forEach((each) => each.classList.remove("aimed"));
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        const about = aim(event.target);
        [...event.dataTransfer.files].forEach((file) => upload(file, about));
    });
    document.addEventListener("dragleave", (event) => {
        if (!event.relatedTarget) every(".aimed").forEach((each) => each.classList.remove("aimed"));
    });
    document.addEventListener("paste", (event) => {
        const files = [...(event.clipboardData?.files || [])];
        if (!files.length) return;
        event.preventDefault();
        const hovered = query("[data-drop]:hover") || query("[data-drop]:focus");
        files.forEach((file) => upload(file, aim(hovered)));
    });

    // Keys

    const cells = () => every(".cell").filter((each) => query(".head", each))
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    const current = (event) => event.target.closest?.(".cell") || (active?.isConnected && active) || cells()[0];
    const press = (cell, what) => query(what, cell)?.click();
    document.addEventListener("keydown", (event) => {
        const control = event.ctrlKey || event.metaKey, cell = current(event);
        const typing = event.target.matches?.("input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea");
        let handled = true;
        if (event.key === "Enter" && (control || event.shiftKey) && cell && !(event.shiftKey && event.target.nodeName === "TEXTAREA")) {
            document.activeElement?.blur();
            flush();
            press(cell, ".run");
            if (event.shiftKey) {
                const next = cells()[cells().indexOf(cell) + 1];
                if (next) { active = next; show(next.id.slice(5)); query("input.title", next).focus({preventScroll: true}); }
            }
        } else if (event.altKey && /^Arrow(Up|Down)$/.test(event.key) && cell) {
            press(cell, `[data-way=${event.key === "ArrowUp" ? "up" : "down"}]`);
        } else if (control && event.key.toLowerCase() === "b") act({do: "add", kind: "picture"});
        else if (control && !typing && event.key.toLowerCase() === "z") act({do: event.shiftKey ? "redo" : "undo"});
        else if (event.key === "?" && !typing) here.help();
        else if (event.key === "Escape") {
            handled = false;
            every("details.menu[open]").forEach((each) => { each.open = false; query("summary", each).focus(); });
            every(".opened > .more-button").forEach((each) => { unfold(each, false); each.focus(); });
        } else handled = false;
        if (!handled) return;
        event.preventDefault();
        event.stopPropagation();
    }, true);

    return {placed: settled, bus};
})();
