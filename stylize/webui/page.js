() => {
    const language = navigator.language.startsWith("zh") ? "zh" : "en";
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";

    // Control and Enter run, wherever the focus is.
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        const run = document.querySelector("#run");
        if (!run || run.disabled || run.offsetParent === null) return;
        event.preventDefault();
        event.stopPropagation();
        run.click();
    }, true);

    // gradio's slider gives its two pictures no alternative text, and the keyboard no way to move it.
    const [before, after, both] = WORDS[language];
    const share = (handle) => {
        const width = handle.parentElement.clientWidth || 1;
        return Math.round(100 * new DOMMatrix(getComputedStyle(handle).transform).e / width);
    };
    const move = (handle, pixels) => {
        const box = handle.getBoundingClientRect();
        const from = {bubbles: true, view: window, clientX: box.left, clientY: box.top + box.height / 2};
        const to = {...from, clientX: box.left + pixels};
        handle.dispatchEvent(new MouseEvent("mousedown", from));
        window.dispatchEvent(new MouseEvent("mousemove", to));
        window.dispatchEvent(new MouseEvent("mouseup", to));
        setTimeout(() => handle.setAttribute("aria-valuenow", share(handle)), 50);
    };
    const improve = () => {
        document.querySelectorAll("#result .slider-wrap img").forEach((image, n) => {
            const alt = n === 0 ? before : after;
            if (image.alt !== alt) image.alt = alt;
        });
        const handle = document.querySelector("#result [data-testid=slider]");
        if (!handle || handle.tabIndex === 0) return;
        const about = {role: "slider", "aria-label": both, "aria-valuemin": 0, "aria-valuemax": 100};
        for (const [name, value] of Object.entries(about)) handle.setAttribute(name, value);
        handle.setAttribute("aria-valuenow", share(handle));
        handle.tabIndex = 0;
        handle.addEventListener("keydown", (event) => {
            const way = {ArrowLeft: -1, ArrowRight: 1}[event.key];
            if (!way) return;
            event.preventDefault();
            move(handle, way * handle.parentElement.clientWidth / 20);
        });
    };
    new MutationObserver(improve).observe(document.body, {childList: true, subtree: true});
}
