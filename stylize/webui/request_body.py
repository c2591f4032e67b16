"""The body of a request: read up to a size, checked, and given on once more.

What is too large or no JSON that the page could mean is :class:`Refused`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.formparsers import MultiPartException

from ..errors import Note, PictureError, StylizeError, note, shown
from .uploads import address_of

Scope = MutableMapping[str, Any]  # as ASGI has it
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]

MOST_VALUES = 2000  # of a request
_MARKS = 200_000  # brackets and commas of a request, those of the notebook's text included


class Refused(Exception):
    """A request that is answered here."""

    def __init__(self, status: HTTPStatus, what: Note | StylizeError) -> None:
        self.status, self.what = status, what


def _too_large(most: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        note("A request may have {most:.0f} MB: upload the pictures instead.", most=most / 1e6),
    )


def check_length(scope: Scope, most: int) -> None:
    """Refuses a body that is announced with more than ``most`` bytes."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)


async def body(receive: Receive, most: int) -> bytes:
    """The whole body. Raises Refused for one of more than ``most`` bytes."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(parts)


def counted(receive: Receive, most: int) -> Receive:
    """A body of files, as it comes, up to ``most`` bytes.

    A longer one, or one that breaks off, ends with the error at which gradio deletes what came before.
    """
    size, more = 0, True

    async def count() -> Scope:
        nonlocal size, more
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise MultiPartException(f"The files exceed the maximum allowed size of {most} bytes.")
        if more and message["type"] == "http.disconnect":
            raise MultiPartException("The request broke off.")
        more = message.get("more_body", False)
        return message

    return count


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; then what else there is to be heard of the client."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Scope:
        return rest.pop() if rest else await receive()

    return replay


def read(body: bytes) -> dict[str, object]:
    """The JSON object that a body is. Raises Refused."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object.")) from error
    if not isinstance(data, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, note("This request is no JSON object."))
    check_size(data, len(body))
    return data


def check_marks(body: bytes) -> None:
    """Refuses JSON of very many values before anybody reads it."""
    if sum(body.count(each) for each in (b"[", b"{", b",")) > _MARKS:
        raise _too_many()


def check_size(data: object, most: int) -> None:
    """Refuses what would keep gradio busy: too many values, or texts of more than ``most`` characters."""
    found, count, size = [data], 0, 0
    while found:
        each = found.pop()
        count += 1
        if isinstance(each, str):
            size += len(each)
        elif isinstance(each, (list, dict)):
            found.extend(each.values() if isinstance(each, dict) else each)
            size += sum(map(len, each)) if isinstance(each, dict) else 0
        if count + len(found) > MOST_VALUES:
            raise _too_many()
    if size > most:
        raise _too_large(most)


def _too_many() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        note("A request may have {most} values.", most=MOST_VALUES),
    )


def opens(data: Mapping[str, object]) -> bool:
    """Whether a page brings the notebook that its browser kept."""
    event = data.get("event_data")
    return isinstance(event, dict) and event.get("do") == "open"


def check_names(data: Iterable[str], fields: tuple[str, ...]) -> None:
    """Refuses names that are none of the fields."""
    for name in data:
        if name not in fields:
            raise Refused(
                HTTPStatus.BAD_REQUEST,
                note(
                    "There is no field {name} here. Known fields: {known}.",
                    name=shown(name),
                    known=", ".join(fields),
                ),
            )


def by_name(values: object, fields: tuple[str, ...]) -> dict[str, object]:
    """The values of a list by their names. Raises Refused."""
    if not isinstance(values, list) or len(values) != len(fields):
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            note(
                "data must be a list of {count} values: {known}.", count=len(fields), known=", ".join(fields)
            ),
        )
    return dict(zip(fields, values, strict=True))


def flat(value: object, picture: bool) -> object:
    """A value without gradio's description of a file, of which gradio would take the path.

    Of a picture its path or address is left, of anything else what a message can show.
    """
    if picture:
        try:
            return address_of(value)
        except PictureError:
            return [] if isinstance(value, (dict, list)) else value  # which is no picture either
    return shown(value) if isinstance(value, (dict, list)) else value
