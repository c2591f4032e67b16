// @ts-check
// What the server can be asked for. Written by `python -m stylize.webui.commands.schema`: change it there.

/**
 * @typedef {(
 *     {do: "open", language?: unknown, book?: unknown, query?: unknown} |
 *     {do: "refresh"} |
 *     {do: "add", kind?: "picture" | "sweep" | "note", after?: string} |
 *     {do: "preset", name: string} |
 *     {do: "pair", photo: string, style: string, title?: string} |
 *     {do: "delete", cell: string} |
 *     {do: "clear"} |
 *     {do: "duplicate", cell: string} |
 *     {do: "move", cell: string, way: "up" | "down"} |
 *     {do: "fold", cell: string} |
 *     {do: "undo"} |
 *     {do: "redo"} |
 *     {do: "below", cell: string} |
 *     {do: "tile", cell: string, n: number | string} |
 *     {do: "rename", value: string} |
 *     {do: "title", cell: string, value: string} |
 *     {do: "text", cell: string, value: string} |
 *     {do: "mode", cell: string, value: string} |
 *     {do: "of_mode", cell: string, value: string} |
 *     {do: "set", cell: string, name: string, value?: unknown} |
 *     {do: "axis", cell: string, n: number | string, setting?: string, values?: string} |
 *     {do: "paint", cell: string, style: string} |
 *     {do: "property", cell: string, index: number | string, property: string, value?: unknown} |
 *     {do: "unstyle", cell: string, index: number | string} |
 *     {do: "pick", cell: string, what: "content" | "style", index?: number | string, property?: string} |
 *     {do: "close"} |
 *     {do: "choose", cell: string, what: "content" | "style", kind: "named" | "example" | "output" | "upload" | "mine", name: string, index?: number | string, property?: string} |
 *     {do: "upload", cell: string, what: "content" | "style", path: string, index?: number | string, property?: string} |
 *     {do: "shot", asset: string} |
 *     {do: "learn", cell: string, index: number | string} |
 *     {do: "rename_style", name: string, value: string} |
 *     {do: "ask_style", name?: string} |
 *     {do: "delete_style", name: string} |
 *     {do: "export_style", name: string} |
 *     {do: "run", cell: string, scope?: "this" | "below"} |
 *     {do: "run_all"} |
 *     {do: "stop", cell: string} |
 *     {do: "stop_all"} |
 *     {do: "export", kind: string} |
 *     {do: "import", paths: string[]} |
 *     {do: "network", cell: string, path: string} |
 *     {do: "language", value: "en" | "zh"}
 * )} Command
 */

/** The fields of each command. @type {Record<string, string[]>} */
export const FIELDS = {
    open: ["language", "book", "query"],
    refresh: [],
    add: ["kind", "after"],
    preset: ["name"],
    pair: ["photo", "style", "title"],
    delete: ["cell"],
    clear: [],
    duplicate: ["cell"],
    move: ["cell", "way"],
    fold: ["cell"],
    undo: [],
    redo: [],
    below: ["cell"],
    tile: ["cell", "n"],
    rename: ["value"],
    title: ["cell", "value"],
    text: ["cell", "value"],
    mode: ["cell", "value"],
    of_mode: ["cell", "value"],
    set: ["cell", "name", "value"],
    axis: ["cell", "n", "setting", "values"],
    paint: ["cell", "style"],
    property: ["cell", "index", "property", "value"],
    unstyle: ["cell", "index"],
    pick: ["cell", "what", "index", "property"],
    close: [],
    choose: ["cell", "what", "kind", "name", "index", "property"],
    upload: ["cell", "what", "path", "index", "property"],
    shot: ["asset"],
    learn: ["cell", "index"],
    rename_style: ["name", "value"],
    ask_style: ["name"],
    delete_style: ["name"],
    export_style: ["name"],
    run: ["cell", "scope"],
    run_all: [],
    stop: ["cell"],
    stop_all: [],
    export: ["kind"],
    import: ["paths"],
    network: ["cell", "path"],
    language: ["value"],
};
