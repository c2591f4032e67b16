"""What programs send to the endpoints, looked at before gradio sees it.

Gradio answers an unknown endpoint or field with a bare 500, reads a body of any size into memory, and keeps
what was sent with a session's state. Here such requests get a sentence, and pictures become paths of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from anyio.to_thread import run_sync

from ..errors import Note, PictureError, StylizeError, note, shown
from .texts import language_of, say
from .uploads import address_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_ROUTE = re.compile(r"/gradio_api/(call/v2|call|queue|run|api)/([^/]+)/?$")
_AS_A_WHOLE = 1_000_000  # bytes of a request beside its pictures


@dataclass(frozen=True)
class Endpoint:
    """What can be asked of an endpoint.

    ``fields`` are its names in order, ``pictures`` those that are pictures, ``check`` raises StylizeError for
    values that make no sense, by their names.
    """

    fields: tuple[str, ...]
    pictures: frozenset[str] = frozenset()
    check: Callable[[Mapping[str, Any]], object] = lambda values: None


@dataclass(frozen=True)
class Offer:
    """What a page offers to programs.

    ``endpoints`` are those with a name. ``called`` says the name of a listener by its number: "" for one
    without a name, None for none. ``keep`` makes a path of a data: address, or raises StylizeError.
    ``megabytes`` bounds one picture. ``trusted``: whether messages may name paths.
    """

    endpoints: Mapping[str, Endpoint]
    called: Callable[[int], str | None]
    keep: Callable[[str], str]
    megabytes: float
    trusted: bool

    @property
    def most(self) -> int:
        """Bytes of a request: two pictures in base64."""
        return int(2 * self.megabytes * 1e6 * 4 / 3) + _AS_A_WHOLE


class Refused(Exception):
    """A request that is answered here."""

    def __init__(self, status: HTTPStatus, what: Note | StylizeError) -> None:
        self.status, self.what = status, what


class Gate:
    """An ASGI middleware before gradio's routes."""

    def __init__(self, app: App, offer: Offer) -> None:
        self.app, self.offer = app, offer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or _is_upload(scope):
            await self.app(scope, receive, send)
            return
        try:
            body = await _body(scope, receive, self.offer.most)
            found = _ROUTE.search(scope["path"])
            if found:
                body = await self._looked_at(body, *found.groups())
        except Refused as refused:
            await self._answer(scope, send, refused)
            return
        headers = [each for each in scope["headers"] if each[0] != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self.app({**scope, "headers": [*headers, length]}, _again(body, receive), send)

    async def _looked_at(self, body: bytes, way: str, name: str) -> bytes:
        """The body as gradio is to see it. Raises Refused."""
        data = _read(body)
        called = way in ("call", "call/v2")
        if called or (way in ("run", "api") and data.get("fn_index") is None):
            endpoint: Endpoint | None = self._named(name)
        else:
            endpoint = self._numbered(data.get("fn_index"))
        if endpoint is None:
            return body
        fields = endpoint.fields
        if way == "call/v2":
            _check_names(data, fields)
            values = data
        else:
            values = _by_name(data.get("data"), fields)
        values = {each: _flat(value, each in endpoint.pictures) for each, value in values.items()}
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

    async def _kept(self, sent: Any) -> Any:
        if isinstance(sent, str) and sent[:5].lower() == "data:":
            return await run_sync(self.offer.keep, sent)
        return sent

    def _named(self, name: str) -> Endpoint:
        if name not in self.offer.endpoints:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note("There is no endpoint {name}. Known endpoints: {known}.",
                     name=shown(name), known=", ".join(self.offer.endpoints)),
            )  # fmt: skip
        return self.offer.endpoints[name]

    def _numbered(self, number: Any) -> Endpoint | None:
        name = self.offer.called(number) if type(number) is int else None
        if name is None:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                note("There is no endpoint {name}. Known endpoints: {known}.",
                     name=shown(number), known=", ".join(self.offer.endpoints)),
            )  # fmt: skip
        return self.offer.endpoints.get(name)

    async def _answer(self, scope: Scope, send: Send, refused: Refused) -> None:
        asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        detail = say(refused.what, language_of(asked), paths=self.offer.trusted)
        body = json.dumps({"detail": detail}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": int(refused.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _flat(value: Any, picture: bool) -> Any:
    """A value without gradio's description of a file, of which gradio would take the path.

    Of a picture its path or address is left, of anything else what a message can show.
    """
    if picture:
        try:
            return address_of(value)
        except PictureError:
            return [] if isinstance(value, (dict, list)) else value  # which is no picture either
    return shown(value) if isinstance(value, (dict, list)) else value


def _is_upload(scope: Scope) -> bool:
    kind = dict(scope["headers"]).get(b"content-type", b"")
    return bytes(kind).startswith(b"multipart/")


async def _body(scope: Scope, receive: Receive, most: int) -> bytes:
    """The whole body. Raises Refused for one of more than ``most`` bytes."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    large = Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        note("A request may have {most:.0f} MB: upload the pictures instead.", most=most / 1e6),
    )
    if told.isdigit() and int(told) > most:
        raise large
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise large
        parts.append(part)
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; then what else there is to be heard of the client."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> MutableMapping[str, Any]:
        return rest.pop() if rest else await receive()

    return replay


def _read(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object.")) from error
    if not isinstance(data, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object."))
    return data


def _check_names(data: Iterable[str], fields: tuple[str, ...]) -> None:
    for name in data:
        if name not in fields:
            raise Refused(
                HTTPStatus.BAD_REQUEST,
                note("There is no field {name} here. Known fields: {known}.",
                     name=shown(name), known=", ".join(fields)),
            )  # fmt: skip


def _by_name(values: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    """The values of a list by their names. Raises Refused."""
    if not isinstance(values, list) or len(values) != len(fields):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            note("data must be a list of {count} values: {known}.",
                 count=len(fields), known=", ".join(fields)),
        )  # fmt: skip
    return dict(zip(fields, values, strict=True))
