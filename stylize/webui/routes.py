"""Which of gradio's addresses the page answers at, and what may be sent there.

Gradio has many that the page does not need: some write what anybody sends to the disk or hold it in memory,
some fetch from elsewhere. What is in neither list is refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from starlette.routing import compile_path


class BodyKind(Enum):
    """What a request's body is."""

    EVENT = "values for an endpoint or a listener, as JSON"
    MODEL = "a language model's message, as JSON"
    SMALL = "a few words"
    FILES = "files as multipart/form-data, which go to the disk as they come"


_API = "/gradio_api"
TAKEN = {
    BodyKind.EVENT: (
        f"{_API}/api/{{api_name}}",
        f"{_API}/run/{{api_name}}",
        f"{_API}/call/{{api_name}}",
        f"{_API}/call/v2/{{api_name}}",
        f"{_API}/queue/join",
    ),
    BodyKind.MODEL: (f"{_API}/mcp", f"{_API}/mcp/{{rest:path}}"),
    BodyKind.FILES: (f"{_API}/upload",),
    # Most of them take nothing: they are asked by GET.
    BodyKind.SMALL: (
        "/",
        "/login",
        "/logout",
        "/config",
        "/static/{path:path}",
        "/assets/{path:path}",
        "/svelte/{path:path}",
        "/favicon.ico",
        "/theme.css",
        "/robots.txt",
        "/manifest.json",
        f"{_API}/theme.css",
        f"{_API}/user",
        f"{_API}/login_check",
        f"{_API}/token",
        f"{_API}/app_id",
        f"{_API}/startup-events",
        f"{_API}/info",
        f"{_API}/openapi.json",
        f"{_API}/file={{path_or_url:path}}",
        f"{_API}/heartbeat/{{session_hash}}",
        f"{_API}/reset",
        f"{_API}/cancel",
        f"{_API}/call/{{api_name}}/{{event_id}}",
        f"{_API}/call/v2/{{api_name}}/{{event_id}}",
        f"{_API}/queue/data",
        f"{_API}/queue/status",
        f"{_API}/upload_progress",
    ),
}
REFUSED = (
    "/openapi.json",
    "/pwa_icon",
    "/pwa_icon/{size}",
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/{key}",
    f"{_API}/deep_link",
    f"{_API}/dev/reload",
    f"{_API}/runs",
    f"{_API}/run-history/connect",
    f"{_API}/run-history/buckets",
    f"{_API}/run-history/records",
    f"{_API}/run-history/records/{{endpoint}}/{{record_id}}/assets/{{asset_id}}",
    f"{_API}/custom_component/{{id}}/{{environment}}/{{type}}/{{file_name}}",
    f"{_API}/proxy={{url_path:path}}",
    f"{_API}/stream/{{event_id}}",
    f"{_API}/stream/{{event_id}}/close",
    f"{_API}/stream/{{session_hash}}/{{run}}/{{component_id}}/playlist.m3u8",
    f"{_API}/stream/{{session_hash}}/{{run}}/{{component_id}}/{{segment_id}}.{{ext}}",
    f"{_API}/stream/{{session_hash}}/{{run}}/{{component_id}}/playlist-file",
    f"{_API}/file/{{path:path}}",
    f"{_API}/component_server",
    f"{_API}/process_recording",
    f"{_API}/vibe-edit",
    f"{_API}/undo-vibe-edit",
    f"{_API}/vibe-code",
    f"{_API}/vibe-starter-queries",
)

_FILE = f"{_API}/file="
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # of two letters or more: C: is a disk


def _compiled(templates: Iterable[str]) -> list[re.Pattern[str]]:
    return [compile_path(each)[0] for each in templates]


_TAKEN = {sent: _compiled(templates) for sent, templates in TAKEN.items()}


def taken(path: str) -> BodyKind | None:
    """What a request to a path of the page may bring with it; None if it is not answered at all."""
    if path.startswith(_FILE) and _SCHEME.match(path.removeprefix(_FILE)):
        return None  # gradio would fetch it from elsewhere
    if len(path) > 1:
        path = path.removesuffix("/")
    return next((sent for sent, known in _TAKEN.items() if any(each.match(path) for each in known)), None)
