"""Faults that put another answer in the place of the Hub's."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, assert_never

from . import faults, ranged, refusal
from .content import Literal, Span
from .flaws import spoil
from .message import bytes_answer, json_answer, redirect

if TYPE_CHECKING:
    from .message import Answer, Headers
    from .scene import Scene

Forging = (
    faults.Status
    | faults.RateLimited
    | faults.RangeNotSatisfiable
    | faults.ExpireUrl
    | faults.Forbidden
    | faults.CaptivePortal
    | faults.HugeJson
    | faults.Redirect
    | faults.Garbage
    | faults.BadListing
)

_PORTAL = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome to the network.</body></html>"


def forge(fault: Forging, answer: Answer, scene: Scene) -> Answer | None:
    """What is sent instead of ``answer``, or None where the fault has nothing to do with it."""
    match fault:
        case faults.ExpireUrl() | faults.BadListing():
            return _where_it_fits(fault, answer, scene)
        case faults.Garbage():
            return replace(answer, body=Span.whole(Literal(fault.data)), is_content=False)
        case faults.RangeNotSatisfiable():
            return ranged.not_satisfiable(answer.body.content.size)
        case _:
            return _made_up(fault, scene)


def _where_it_fits(fault: faults.ExpireUrl | faults.BadListing, answer: Answer, scene: Scene) -> Answer | None:
    match fault:
        case faults.ExpireUrl():
            signed = answer.is_content and scene.query.origin == "cdn"
            return refusal.cdn_denied("Request has expired") if signed else None
        case faults.BadListing():
            listed = answer.status == HTTPStatus.OK and scene.where in {"info", "tree"}
            spoiled = spoil(answer.body.to_bytes(), fault.flaw) if listed else None
            return None if spoiled is None else replace(answer, body=Span.whole(Literal(spoiled)))
        case _:
            assert_never(fault)


def _made_up(
    fault: faults.Status
    | faults.RateLimited
    | faults.Forbidden
    | faults.CaptivePortal
    | faults.HugeJson
    | faults.Redirect,
    scene: Scene,
) -> Answer:
    match fault:
        case faults.Status():
            return bytes_answer(fault.code, fault.body, "text/plain").with_headers(*fault.headers)
        case faults.RateLimited():
            return bytes_answer(429, b"Too many requests", "text/plain", *_when(fault, scene.now))
        case faults.Forbidden():
            return refusal.cdn_denied()
        case faults.CaptivePortal():
            return bytes_answer(200, _PORTAL, "text/html; charset=utf-8")
        case faults.HugeJson():
            return json_answer({"padding": "x" * (fault.size - len(json.dumps({"padding": ""})))})
        case faults.Redirect():
            return redirect(fault.code, _destination(fault.to, scene))
        case _:
            assert_never(fault)


def _when(fault: faults.RateLimited, now: float) -> Headers:
    match fault.form:
        case "seconds":
            return (("Retry-After", str(fault.seconds)),)
        case "date":
            return (("Retry-After", formatdate(math.ceil(now) + fault.seconds, usegmt=True)),)
        case "ratelimit":
            policy = ("RateLimit-Policy", '"fixed window";"api";q=500;w=300')
            return ("RateLimit", f'"api";r=0;t={fault.seconds}'), policy
        case "none":
            return ()
        case _:
            assert_never(fault.form)


def _destination(to: str, scene: Scene) -> str:
    own = (scene.hub if scene.query.origin == "hub" else scene.cdn) + scene.query.target
    return to.replace("{self}", own).replace("{hub}", scene.hub).replace("{cdn}", scene.cdn)
