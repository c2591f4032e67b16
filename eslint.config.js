import js from "@eslint/js";

export default [
    js.configs.recommended,
    {
        files: ["stylize/webui/browser/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: Object.fromEntries([
                "AbortController", "CSS", "DataTransfer", "Element", "File", "FormData", "HTMLDetailsElement",
                "HTMLDialogElement", "HTMLElement", "HTMLSelectElement", "HTMLTextAreaElement", "MutationObserver",
                "Node", "SVGElement", "URLSearchParams", "clearTimeout", "crypto", "document", "fetch", "history",
                "innerHeight", "localStorage", "location", "matchMedia", "navigator", "scrollY", "sessionStorage",
                "setInterval", "setTimeout", "window",
            ].map((name) => [name, "readonly"])),
        },
        rules: {
            "eqeqeq": "error", "no-var": "error", "prefer-const": "error", "no-implicit-globals": "error",
            "no-shadow": "error", "no-unused-vars": ["error", {argsIgnorePattern: "^_"}], "max-lines": ["error", 250],
            "max-lines-per-function": ["error", 60], "complexity": ["error", 16],
        },
    },
];
