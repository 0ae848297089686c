"""A cancel token is thrown once, and whoever waits for it is told at once and exactly once."""

from __future__ import annotations

import signal
import threading

import pytest

from modelfetch.cancel import CancelToken


def test_a_token_is_not_set_until_it_is_thrown_and_then_for_good() -> None:
    token = CancelToken()
    assert not token.is_set()
    assert repr(token) == "<CancelToken not cancelled>"
    token.cancel()
    token.cancel()
    assert token.is_set()
    assert repr(token) == "<CancelToken cancelled>"


def test_who_waits_is_told_in_order_on_the_cancelling_thread_and_once() -> None:
    token, told = CancelToken(), []
    for name in "abc":
        token.on_cancel(lambda name=name: told.append((name, threading.get_ident())))  # type: ignore[misc]  # binds the loop's value
    token.cancel()
    token.cancel()
    assert told == [(name, threading.get_ident()) for name in "abc"]


def test_the_token_is_set_before_anybody_is_told() -> None:
    token, seen = CancelToken(), []
    token.on_cancel(lambda: seen.append(token.is_set()))
    token.cancel()
    assert seen == [True]


def test_what_is_no_function_is_refused_and_not_called_later() -> None:
    token = CancelToken()
    with pytest.raises(TypeError, match=r"^fn=3 is of the type int\. A function was expected\. "):
        token.on_cancel(3)  # type: ignore[arg-type]  # that is the test
    token.cancel()


def test_who_comes_late_is_told_at_once() -> None:
    token, told = CancelToken(), []
    token.cancel()
    forget = token.on_cancel(lambda: told.append("late"))
    assert told == ["late"]
    forget()


def test_who_took_it_back_is_not_told() -> None:
    token, told = CancelToken(), []
    forget = token.on_cancel(lambda: told.append("gone"))
    token.on_cancel(lambda: told.append("here"))
    forget()
    forget()
    token.cancel()
    forget()
    assert told == ["here"]


def test_the_same_function_may_wait_twice() -> None:
    token, told = CancelToken(), []
    forget, _ = token.on_cancel(lambda: told.append(1)), token.on_cancel(lambda: told.append(1))
    forget()
    token.cancel()
    assert told == [1]


def test_one_that_raises_keeps_nobody_else_from_being_told() -> None:
    token, told = CancelToken(), []

    def fail() -> None:
        message = "a host's mistake"
        raise RuntimeError(message)

    token.on_cancel(lambda: told.append("before"))
    token.on_cancel(fail)
    token.on_cancel(lambda: told.append("after"))
    with pytest.raises(RuntimeError, match="a host's mistake"):
        token.cancel()
    assert token.is_set()
    assert told == ["before", "after"]


def test_a_callback_may_use_the_token_itself() -> None:
    token, told = CancelToken(), []
    token.on_cancel(lambda: token.on_cancel(lambda: told.append("inner")))
    token.on_cancel(token.cancel)
    token.on_cancel(lambda: told.append("outer"))
    token.cancel()
    assert told == ["inner", "outer"]


def test_a_signal_handler_may_throw_it_while_callbacks_run() -> None:
    token, told = CancelToken(), []
    before = signal.signal(signal.SIGINT, lambda *_: token.cancel())
    try:
        token.on_cancel(lambda: signal.raise_signal(signal.SIGINT))
        token.on_cancel(lambda: told.append("told"))
        token.cancel()
    finally:
        signal.signal(signal.SIGINT, before)
    assert told == ["told"]


def test_of_many_threads_each_callback_is_called_by_exactly_one() -> None:
    token, told = CancelToken(), []
    start = threading.Barrier(8)

    def race(number: int) -> None:
        start.wait()
        for step in range(200):
            token.on_cancel(lambda step=step: told.append((number, step)))  # type: ignore[misc]  # binds the loop's value
            if step == 100:
                token.cancel()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [(number, step) for number in range(8) for step in range(200)]
