"""A reverse proxy on the loopback, as nginx or Caddy would be set up before a page."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding"}
# What gradio's page asks for at the root of the site, and does without; and what a browser asks of every site
# before the page has named its own.
OF_GRADIOS = ["/manifest.json", "/favicon.ico"]


@contextmanager
def mounted(target: str, path: str, *, strips: bool = True, **more_headers: str) -> Iterator[str]:
    """The address of a proxy that shows the server at ``target`` below ``path``, and nothing beside it.

    Like Caddy, and like nginx if it is asked to, it hands on the host for which it was asked.

    Args:
        strips: whether the server is asked without the path, as by ``proxy_pass`` with a slash at its end.
        more_headers: further headers for the server.
    """
    client = httpx.AsyncClient(timeout=None, trust_env=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        async def pass_on(request: Request) -> Response:
            rest = request.scope["path"][len(path) :] if strips else request.scope["path"]
            headers = {name: value for name, value in request.headers.items() if name not in OF_THE_HOP}
            headers |= {"X-Forwarded-For": "203.0.113.7", **more_headers}
            asked = client.build_request(
                request.method, target.rstrip("/") + rest, params=request.query_params, headers=headers,
                content=await request.body(),
            )  # fmt: skip
            answer = await client.send(asked, stream=True)
            kept = {name: value for name, value in answer.headers.items() if name not in OF_THE_HOP}
            return StreamingResponse(_parts(answer), answer.status_code, kept)

        async def slash(request: Request) -> Response:
            return RedirectResponse(f"{path}/")

        async def other(request: Request) -> Response:
            strayed.append(request.url.path)
            return PlainTextResponse("another site", 404)

        strayed: list[str] = []
        methods = ["GET", "POST", "HEAD", "PUT", "DELETE"]
        routes = [Route(path, slash), Mount(path, routes=[Route("/{rest:path}", pass_on, methods=methods)]),
                  Route("/{rest:path}", other, methods=methods)]  # fmt: skip
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}{path}/"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(20)
    beside = [each for each in strayed if each not in OF_GRADIOS]
    assert not beside, f"the page asked beside its path: {beside}"


async def _parts(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()
