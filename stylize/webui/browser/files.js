// @ts-check
// Pictures and files from the visitor: chosen, dropped, pasted, or from the camera.
import {act, command} from "./channel.js";
import {every, isInput, query, target} from "./dom.js";
import {texts, toast} from "./messages.js";

/** What becomes of a file: a command, and its fields but for the path. @typedef {{name: string, data: DOMStringMap}} Aim */

/** The path of a file on the server; "" if it did not get there, which is said. @param {File} file @returns {Promise<string>} */
const sendFile = async (file) => {
    const form = new FormData();
    form.append("files", file, file.name || "picture.png");
    try {
        const answer = await fetch("gradio_api/upload", {method: "POST", body: form});
        if (answer.status !== 413) return (await answer.json())[0];
        toast("failed", texts.large);
    } catch { toast("failed", texts.lost); }
    return "";
};

/**
 * Sends files, all at once, and does with them in their order what is to become of them: as new cells by one
 * command, since of several the server may hear in any order.
 * @param {File[]} files @param {Aim} aim
 */
const upload = async (files, {name, data}) => {
    const desk = query("#desk");
    desk?.classList.add("uploading");
    const paths = (await Promise.all(files.map(sendFile))).filter(Boolean);
    desk?.classList.remove("uploading");
    if (name === "import" && paths.length) act(command(name, {paths}));
    else paths.forEach((path) => act(command(name, {...data, path})));
};

/** What becomes of a file that is let go over an element. @param {Element | null} [node] @returns {Aim} */
const aim = (node) => {
    const place = query("dialog.picker[open]") ?? /** @type {HTMLElement | null | undefined} */ (node?.closest("[data-drop]"));
    return place ? {name: "upload", data: {...place.dataset}} : {name: "import", data: {}};
};

/** Shows the camera in the dialog, and a button that takes the photo. */
export const camera = async () => {
    const dialog = query("dialog.picker[open]");
    if (!dialog) return;
    const about = aim(dialog);
    /** @type {MediaStream} */
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({video: true}); } catch { return toast("failed", texts.camera); }
    const video = Object.assign(document.createElement("video"), {autoplay: true, muted: true, srcObject: stream});
    const shoot = Object.assign(document.createElement("button"), {type: "button", className: "button primary", textContent: texts.shoot});
    const end = () => { stream.getTracks().forEach((track) => track.stop()); video.remove(); shoot.remove(); };
    shoot.addEventListener("click", () => {
        const canvas = Object.assign(document.createElement("canvas"), {width: video.videoWidth, height: video.videoHeight});
        canvas.getContext("2d")?.drawImage(video, 0, 0);
        canvas.toBlob((blob) => { end(); if (blob) upload([new File([blob], "camera.png")], about); });
    });
    dialog.addEventListener("close", end, {once: true});
    query(".ways", dialog)?.append(video, shoot);
};

const forgetAim = () => every(".aimed").forEach((each) => each.classList.remove("aimed"));

export const listenForFiles = () => {
    document.addEventListener("change", (event) => {
        const field = target(event);
        if (!isInput(field) || !field.dataset.upload || !field.files?.length) return;
        const about = {name: field.dataset.upload, data: {...field.dataset}};
        upload([...field.files], about);
        field.value = "";
    });
    document.addEventListener("dragover", (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        forgetAim();
        const desk = query("#desk");
        if (desk) desk.dataset.hint = texts.drop;
        (target(event).closest("[data-drop]") || desk)?.classList.add("aimed");
    });
    document.addEventListener("drop", (event) => {
        forgetAim();
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        const about = aim(target(event));
        upload([...event.dataTransfer.files], about);
    });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) forgetAim(); });
    document.addEventListener("paste", (event) => {
        const files = [...(event.clipboardData?.files || [])];
        if (!files.length) return;
        event.preventDefault();
        const about = aim(query("[data-drop]:hover") || query("[data-drop]:focus"));
        upload(files, about);
    });
};
