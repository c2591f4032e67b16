"""What is sent to the page's server, looked at before gradio sees it.

Gradio answers an unknown endpoint or field with a bare 500, reads a body of any size into memory, takes long
for many values, during which it answers nobody, and keeps what was sent with a session's state. Here such
requests get a sentence, and pictures become paths of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from anyio import to_thread

from ..errors import StylizeError, note, shown
from . import request_body
from .callers import owner_at
from .limiter import asker, run_sync
from .request_body import Receive, Refused, Scope, Send
from .routes import BodyKind, taken
from .texts import language_of, say

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ROUTE = re.compile(r"/gradio_api/(call/v2|call|queue|run|api)/([^/]+)/?$")
_NO_BODY = ("GET", "HEAD", "OPTIONS")
_AS_A_WHOLE = 1_000_000  # bytes or characters of a request beside its pictures
_NOTEBOOK = 10_000_000  # characters of the one that brings a browser's notebook
_SMALL = 20_000  # bytes where a few words are expected


@dataclass(frozen=True)
class Endpoint:
    """What can be asked of an endpoint.

    ``fields`` are its names in order, ``pictures`` those that are pictures, ``check`` raises StylizeError for
    values that make no sense, by their names.
    """

    fields: tuple[str, ...]
    pictures: frozenset[str] = frozenset()
    check: Callable[[Mapping[str, object]], object] = lambda values: None


@dataclass(frozen=True)
class Offer:
    """What a page offers to programs.

    ``endpoints`` are those with a name. ``called`` says the name of a listener by its number: "" for one
    without a name, None for none. ``keep`` makes a path of a data: address, or raises StylizeError.
    ``megabytes`` bounds one picture, ``upload_megabytes`` an uploaded file. ``trusted``: whether
    messages may name paths.
    """

    endpoints: Mapping[str, Endpoint]
    called: Callable[[int], str | None]
    keep: Callable[[str], str]
    megabytes: float
    upload_megabytes: float
    trusted: bool

    def most(self, sent: BodyKind) -> int:
        """Bytes of a request: two files, for pictures in base64, or a few words."""
        if sent is BodyKind.SMALL:
            return _SMALL
        files = 2 * self.upload_megabytes if sent is BodyKind.FILES else 2 * self.megabytes * 4 / 3
        return int(files * 1e6) + _AS_A_WHOLE


class Gate:
    """An ASGI middleware before gradio's routes."""

    def __init__(self, app: App, offer: Offer) -> None:
        self.app, self.offer = app, offer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asker.set(owner_at((scope.get("client") or ("",))[0]))
        try:
            scope, receive = await self._checked(scope, receive)
        except Refused as refused:
            await self._answer(scope, send, refused)
            return
        await self.app(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """The request as gradio is to see it. Raises Refused."""
        path = _path(scope)
        sent = taken(path)
        if sent is None:
            raise Refused(HTTPStatus.NOT_FOUND, note("There is nothing at this address."))
        if scope["method"] in _NO_BODY:
            return scope, receive
        most = self.offer.most(sent)
        request_body.check_length(scope, most)
        if sent is BodyKind.FILES:
            return scope, request_body.counted(receive, most)
        body = await request_body.body(receive, most)
        if sent in (BodyKind.EVENT, BodyKind.MODEL):
            await to_thread.run_sync(request_body.check_marks, body)
        if sent is BodyKind.EVENT:
            found = _ROUTE.search(path)
            assert found is not None
            body = await self._inspected(body, *found.groups())
        headers = [each for each in scope["headers"] if each[0] != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        return {**scope, "headers": [*headers, length]}, request_body.again(body, receive)

    async def _inspected(self, body: bytes, way: str, name: str) -> bytes:
        """The body as gradio is to see it. Raises Refused."""
        data = await to_thread.run_sync(request_body.read, body)
        called = way in ("call", "call/v2")
        if called or (way in ("run", "api") and data.get("fn_index") is None):
            endpoint: Endpoint | None = self._named(name)
        else:
            endpoint = self._numbered(data.get("fn_index"))
        if endpoint is None:  # a listener of the page, which takes its event alone
            request_body.by_name(data.get("data") or [], ())
            request_body.check_size(data, _NOTEBOOK if request_body.opens(data) else _AS_A_WHOLE)
            return body
        fields = endpoint.fields
        if way == "call/v2":
            request_body.check_names(data, fields)
            values = data
        else:
            values = request_body.by_name(data.get("data"), fields)
        values = {each: request_body.flat(value, each in endpoint.pictures) for each, value in values.items()}
        rest = values if way == "call/v2" else {**data, "data": list(values.values())}
        pictures = [values[each] for each in endpoint.pictures & set(values)]
        request_body.check_size(
            rest, _AS_A_WHOLE + sum(len(each) for each in pictures if isinstance(each, str))
        )
        try:
            values.update({each: await self._kept(values[each]) for each in endpoint.pictures & set(values)})
            if called:
                await run_sync(endpoint.check, values)
        except StylizeError as error:
            if called:
                raise Refused(HTTPStatus.BAD_REQUEST, error) from None
            # Otherwise the endpoint says it itself, in an event, as gradio's own clients expect it.
        if way == "call/v2":
            return json.dumps(values).encode()
        return json.dumps({**data, "data": [values[each] for each in fields]}).encode()

    async def _kept(self, sent: object) -> object:
        if isinstance(sent, str) and sent[:5].lower() == "data:":
            return await run_sync(self.offer.keep, sent)
        return sent

    def _named(self, name: str) -> Endpoint:
        if name not in self.offer.endpoints:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note(
                    "There is no endpoint {name}. Known endpoints: {known}.",
                    name=shown(name),
                    known=", ".join(self.offer.endpoints),
                ),
            )
        return self.offer.endpoints[name]

    def _numbered(self, number: object) -> Endpoint | None:
        name = self.offer.called(number) if type(number) is int else None
        if name is None:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note(
                    "There is no endpoint {name}. Known endpoints: {known}.",
                    name=shown(number),
                    known=", ".join(self.offer.endpoints),
                ),
            )
        return self.offer.endpoints.get(name)

    async def _answer(self, scope: Scope, send: Send, refused: Refused) -> None:
        asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        detail = say(refused.what, language_of(asked), paths=self.offer.trusted)
        body = json.dumps({"detail": detail}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": int(refused.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _path(scope: Scope) -> str:
    """The path below the one where the page lies, as gradio's routes are looked for."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path
