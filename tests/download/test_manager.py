"""Many models, one state each, and never more downloads at once than there are places."""

from __future__ import annotations

import gc
import queue
import shutil
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch import manager as manager_module
from modelfetch.job import handle
from modelfetch.job.ending import Ending
from modelfetch.testing import NoAnswer
from modelfetch.testing.models import tiny_whisper

from .kit import FILES, MIB, REPO, SIZE, assert_right, wait_until
from .made import PATIENCE, Stuck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .kit import World

OTHER = "org/other"
HUGE = mf.ModelSpec("huge", "org/huge", display_name="Huge", min_ram_bytes=1 << 60)


@pytest.fixture
def managers(world: World) -> Iterator[Managers]:
    world.publish()
    world.hub.add_repo(OTHER, FILES)
    made = Managers(world)
    yield made
    for manager in made.all:
        manager.shutdown()


class Managers:
    """Makes managers of this world, and holds up its hub."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[mf.DownloadManager] = []

    def __call__(self, **options: Any) -> mf.DownloadManager:
        self.all.append(mf.DownloadManager(**self.world.options(**options)))
        return self.all[-1]

    def hold(self) -> None:
        self.world.hub.bandwidth = 200_000

    def let_go(self) -> None:
        self.world.hub.bandwidth = None


def test_a_model_goes_from_not_downloaded_over_downloading_to_downloaded(managers: Managers) -> None:
    manager = managers()
    assert manager.state(REPO) == mf.NotDownloaded()

    managers.hold()
    job = manager.start(REPO)
    wait_until(lambda: job.snapshot().bytes_downloaded, "the first bytes")
    state = manager.state(REPO)
    assert isinstance(state, mf.Downloading)
    assert state.progress.bytes_total > SIZE

    managers.let_go()
    result = job.result(60)
    assert_right(result.path)
    assert manager.state(REPO) == mf.Downloaded(result.path)


def test_states_survive_a_restart_and_see_what_others_do(managers: Managers) -> None:
    path = managers.world.download().path
    manager = managers()
    assert manager.state(REPO) == mf.Downloaded(path)

    shutil.rmtree(managers.world.folder)
    assert manager.state(REPO) == mf.NotDownloaded()


def test_one_download_at_a_time_is_refused_with_a_sentence(managers: Managers) -> None:
    manager = managers()
    managers.hold()
    manager.start(REPO)

    with pytest.raises(mf.DownloadInProgressError, match=f"{OTHER} was not started, because {REPO} is being") as caught:
        manager.start(OTHER)
    assert caught.value.model == REPO
    assert manager.state(OTHER) == mf.NotDownloaded()
    with pytest.raises(mf.DownloadInProgressError, match=f"^{REPO} is being downloaded already"):
        manager.start(REPO)


def test_another_alias_of_what_runs_is_refused_as_the_same_model_though_there_are_places(managers: Managers) -> None:
    manager = managers(max_active=3, catalog=mf.Catalog([mf.ModelSpec("a", REPO), mf.ModelSpec("b", REPO)]))
    managers.hold()
    manager.start("a")
    with pytest.raises(mf.DownloadInProgressError, match=r"^b was not started, because it is the same model as a,"):
        manager.start("b")


def test_the_place_of_who_is_done_is_free_at_once(managers: Managers) -> None:
    manager = managers()
    for model in (REPO, OTHER, REPO):
        manager.start(model).result(60)


def test_with_a_queue_the_next_one_starts_when_there_is_room(managers: Managers) -> None:
    manager = managers(queue=True)
    managers.hold()
    first, second = manager.start(REPO), manager.start(OTHER)
    assert manager.state(OTHER) == mf.Queued(0)
    assert second.snapshot().status is mf.DownloadStatus.PENDING
    assert manager.start(OTHER) is second, "it is not put there twice"
    assert manager.start(REPO) is first

    managers.let_go()
    assert first.result(60).path != second.result(60).path
    assert isinstance(manager.state(OTHER), mf.Downloaded)


def test_two_places_are_two_downloads_at_once(managers: Managers) -> None:
    manager = managers(max_active=2)
    managers.hold()
    manager.start(REPO)
    manager.start(OTHER)
    assert isinstance(manager.state(REPO), mf.Downloading)
    assert isinstance(manager.state(OTHER), mf.Downloading)


def test_who_waits_may_leave_and_who_runs_may_be_cancelled(managers: Managers) -> None:
    manager = managers(queue=True)
    managers.hold()
    first, second, third = manager.start(REPO), manager.start(OTHER), manager.start("org/third")

    manager.cancel("org/third")
    assert isinstance(third.exception(20), mf.DownloadCancelled)
    wait_until(lambda: first.snapshot().bytes_downloaded, "the first bytes")
    manager.cancel(REPO)
    assert isinstance(first.exception(20), mf.DownloadCancelled)
    assert manager.state(REPO) == mf.NotDownloaded(), "a cancel is no failure"
    managers.let_go()
    assert_right(second.result(60).path)


@pytest.mark.parametrize("waits", [False, True])
def test_what_was_cancelled_can_be_started_again_at_once(managers: Managers, *, waits: bool) -> None:
    manager = managers(queue=waits)
    managers.hold()
    first = manager.start(REPO)
    wait_until(lambda: first.snapshot().bytes_downloaded, "the first bytes")
    manager.cancel(REPO)
    assert manager.state(REPO) == mf.NotDownloaded()
    managers.let_go()
    again = manager.start(REPO)
    assert again is not first
    assert_right(again.result(60).path)


def test_a_cancel_of_what_does_not_run_is_no_error(managers: Managers) -> None:
    manager = managers()
    manager.cancel(REPO)
    manager.start(REPO).result(60)
    manager.cancel(REPO)
    assert isinstance(manager.state(REPO), mf.Downloaded)


def test_a_cancel_may_discard_what_was_kept(managers: Managers) -> None:
    manager = managers()
    managers.world.hub.bandwidth = 2 * MIB
    job = manager.start(REPO)
    wait_until(lambda: job.snapshot().bytes_downloaded, "the first bytes")
    manager.cancel(REPO, discard=True)
    assert isinstance(job.exception(20), mf.DownloadCancelled)
    wait_until(lambda: not managers.world.left_over(), "the end of the kept bytes")


def test_a_failure_is_kept_with_words_a_person_can_act_on(managers: Managers) -> None:
    manager = managers()
    error = manager.start("org/nothing").exception(20)
    assert isinstance(error, mf.ModelNotFoundError)
    assert manager.state("org/nothing") == mf.Failed(error, str(error))

    managers.world.hub.add_repo("org/nothing", FILES)
    manager.start("org/nothing").result(60)
    assert isinstance(manager.state("org/nothing"), mf.Downloaded)


def test_memory_refuses_before_anything_is_asked_or_fetched(managers: Managers) -> None:
    manager = managers()
    with pytest.raises(mf.InsufficientMemoryError, match="Huge requires"):
        manager.start(HUGE)
    state = manager.state(HUGE)
    assert isinstance(state, mf.Failed)
    assert "choose a smaller model" in state.message
    assert managers.world.hub.requests == ()
    manager.start(REPO).result(60)


def test_what_runs_already_is_said_before_what_does_not_fit(managers: Managers) -> None:
    manager = managers()
    managers.hold()
    manager.start(REPO)
    with pytest.raises(mf.DownloadInProgressError):
        manager.start(HUGE)


def test_storage_is_looked_at_before_the_first_byte(managers: Managers) -> None:
    manager = managers(storage_headroom=1e12)
    error = manager.start(REPO).exception(20)
    assert isinstance(error, mf.InsufficientStorageError)
    assert isinstance(manager.state(REPO), mf.Failed)
    assert managers.world.hub.body_bytes() < SIZE


def test_a_manager_can_be_used_again_after_a_shutdown(managers: Managers) -> None:
    manager = managers(queue=True)
    managers.hold()
    first, second = manager.start(REPO), manager.start(OTHER)
    manager.shutdown()
    assert isinstance(first.exception(0), mf.DownloadCancelled)
    assert isinstance(second.exception(0), mf.DownloadCancelled)

    managers.let_go()
    assert_right(manager.start(OTHER).result(60).path)


def test_a_manager_shuts_down_at_the_end_of_its_block(managers: Managers) -> None:
    managers.hold()
    with managers() as manager:
        job = manager.start(REPO)
    assert job.done()


def test_every_model_of_the_catalog_has_a_state_and_every_other_that_was_started(managers: Managers) -> None:
    catalog = mf.Catalog([mf.ModelSpec("one", REPO), mf.ModelSpec("again", REPO), mf.ModelSpec("two", OTHER)])
    manager = managers(catalog=catalog)
    path = manager.start("one").result(60).path
    manager.start("org/nothing").exception(20)

    states = manager.states()
    assert list(states) == ["one", "again", "two", "org/nothing"]
    assert states["one"] == states["again"] == mf.Downloaded(path)
    assert states["two"] == mf.NotDownloaded()
    assert isinstance(states["org/nothing"], mf.Failed)


def test_a_model_that_is_in_the_cache_has_a_state_although_nobody_here_started_it(managers: Managers) -> None:
    path = managers.world.download(OTHER).path
    states = managers(catalog=mf.Catalog([mf.ModelSpec("one", REPO)])).states()
    assert states == {"one": mf.NotDownloaded(), OTHER: mf.Downloaded(path)}


def no_owner(managers: Managers) -> str:
    """A model as the Hub's first ones are named, which can lie in the cache and cannot be downloaded."""
    managers.world.hub.add_repo("org/whisper", tiny_whisper())
    at = managers.world.download("org/whisper").path.parents[1]
    at.rename(at.with_name("models--gpt2"))
    return "gpt2"


def test_a_folder_that_nobody_could_ask_for_or_read_hides_no_other_model(
    managers: Managers, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = manager_module.downloaded_path

    def path(spec: mf.ModelSpec, options: Any) -> Any:
        if spec.repo_id == "other/users":
            raise mf.CacheError("Permission denied")  # noqa: TRY003, EM101 - whatever it says
        return real(spec, options)

    monkeypatch.setattr(manager_module, "downloaded_path", path)
    manager = managers(catalog=mf.Catalog([mf.ModelSpec("mine", REPO)]))
    manager.start("mine").result(60)
    for name in ("foo@bar", "other--users"):
        (world.cache / f"models--{name}" / "snapshots" / ("a" * 40)).mkdir(parents=True)

    assert manager.states().keys() == {"mine"}
    assert isinstance(manager.state("mine"), mf.Downloaded)
    assert "foo@bar" not in [model.repo_id for model in mf.list_cached(world.cache)]


def test_every_name_among_the_states_can_be_asked_for(managers: Managers) -> None:
    name = no_owner(managers)
    manager = managers(catalog=mf.Catalog([mf.ModelSpec("two", OTHER)]))
    states = manager.states()
    assert list(states) == ["two", name]
    assert isinstance(states[name], mf.Downloaded)
    assert {each: manager.state(each) for each in states} == states
    assert [manager.card(each).status_text for each in states] == ["Not downloaded", "Downloaded"]
    manager.cancel(name)


def test_what_is_among_the_states_can_be_removed_although_it_cannot_be_started(managers: Managers) -> None:
    name, manager = no_owner(managers), managers()
    told: list[tuple[str, mf.ModelState]] = []
    manager.subscribe(lambda *what: told.append(what))
    with pytest.raises(mf.ModelNotFoundError):
        manager.start(name)
    assert manager.remove(name) > 0
    assert told == [(name, mf.NotDownloaded())]
    assert name not in manager.states()


def test_a_download_is_found_again_whatever_files_were_chosen_and_wherever_it_stands(managers: Managers) -> None:
    manager = managers(allow_patterns="*.bin", ignore_patterns="x*", queue=True)
    managers.hold()
    job = manager.start(REPO)
    wait_until(lambda: job.snapshot().bytes_downloaded, "the first bytes")
    assert isinstance(manager.state(REPO), mf.Downloading)
    assert manager.start(REPO) is job
    manager.cancel(REPO)
    assert isinstance(job.exception(20), mf.DownloadCancelled)


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_who_is_told_the_last_before_it_has_ended_is_told_what_it_came_to(
    managers: Managers, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """The subscriber's thread may be the faster one."""
    told, real = threading.Event(), Ending.end

    def end(*arguments: object) -> None:
        assert told.wait(30)
        real(*arguments)  # type: ignore[arg-type] - handed on as they come

    monkeypatch.setattr(Ending, "end", end)
    manager = managers()
    expected = mf.Downloaded if ends == "well" else mf.Failed
    manager.subscribe(lambda _, state: told.set() if isinstance(state, expected) else None)

    manager.start(REPO if ends == "well" else "org/nothing").exception(60)

    assert isinstance(manager.state(REPO if ends == "well" else "org/nothing"), expected)


def test_what_is_being_downloaded_or_waits_is_not_removed(managers: Managers, world: World) -> None:
    world.hub.bandwidth = 100_000
    manager = managers(queue=True)
    jobs = [manager.start(REPO), manager.start(OTHER)]

    for name in (REPO, OTHER):
        with pytest.raises(mf.DownloadInProgressError, match=f"{name} was not removed, because it is being downloaded"):
            manager.remove(name)

    assert not any(job.done() for job in jobs)


def test_every_name_of_a_model_is_told_of(managers: Managers) -> None:
    specs = [mf.ModelSpec(name, repo) for name, repo in (("a", REPO), ("also a", REPO), ("b", OTHER))]
    manager = managers(catalog=mf.Catalog([*specs, mf.ModelSpec("some of a", REPO, allow_patterns="*.md")]))
    last: dict[str, mf.ModelState] = {}
    manager.subscribe(last.__setitem__)

    manager.start("a").result(60)

    assert last.keys() == {"a", "also a"}
    assert all(isinstance(state, mf.Downloaded) for state in last.values())


def test_a_name_with_the_usual_revision_is_told_of_with_all_the_catalog_has_for_it(managers: Managers) -> None:
    manager = managers(catalog=mf.Catalog([mf.ModelSpec("a", REPO), mf.ModelSpec("also a", REPO)]))
    last: dict[str, mf.ModelState] = {}
    manager.subscribe(last.__setitem__)

    manager.start("a@main").result(60)
    manager.start(mf.ModelSpec("my own", OTHER)).result(60)

    assert last.keys() == {"a@main", "a", "also a", "my own"}


def test_what_ends_at_once_calls_back_with_no_lock_held(managers: Managers, monkeypatch: pytest.MonkeyPatch) -> None:
    manager, asked = managers(), queue.SimpleQueue[int]()
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if thread.name == "modelfetch-job":
            message = "can't start new thread"
            raise RuntimeError(message)
        start(thread)

    def ask_elsewhere(_: object) -> None:
        thread = threading.Thread(target=lambda: asked.put(len(manager.states())))
        thread.start()
        thread.join(20)

    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", refused)
        context.setattr(mf.DownloadManager, "_introduce", lambda _, mine, __: mine.job.add_done_callback(ask_elsewhere))
        job = manager.start(REPO)
    assert isinstance(job.exception(0), RuntimeError)
    assert asked.get(timeout=20) > 0


def test_two_revisions_of_a_repo_are_two_models(managers: Managers, world: World) -> None:
    commit = world.plan().commit
    manager = managers(queue=True)
    last: dict[str, mf.ModelState] = {}
    manager.subscribe(last.__setitem__)

    for name in (f"{REPO}@main", f"{REPO}@{commit}"):
        manager.start(name).result(60)

    assert set(last) == {f"{REPO}@main", f"{REPO}@{commit}"}
    assert {name: state for name, state in manager.states().items() if name in last} == last
    assert manager.card(f"{REPO}@main").id == f"{REPO}@main"


def test_a_subscriber_sees_each_model_come(managers: Managers) -> None:
    manager = managers(queue=True)
    told: queue.SimpleQueue[tuple[str, mf.ModelState]] = queue.SimpleQueue()
    manager.subscribe(lambda name, state: told.put((name, state)), interval=0.01)
    jobs = [manager.start(REPO), manager.start(OTHER)]
    for job in jobs:
        job.result(60)

    seen: dict[str, list[mf.ModelState]] = {REPO: [], OTHER: []}
    while not told.empty():
        name, state = told.get()
        seen[name].append(state)
    for name in (REPO, OTHER):
        assert isinstance(seen[name][-1], mf.Downloaded), seen[name]
    assert seen[OTHER][0] == mf.Queued(0)


def test_a_subscriber_is_told_of_a_refusal(managers: Managers) -> None:
    manager = managers()
    told: list[tuple[str, mf.ModelState]] = []
    manager.subscribe(lambda name, state: told.append((name, state)))
    with pytest.raises(mf.InsufficientMemoryError):
        manager.start(HUGE)
    assert [(name, type(state)) for name, state in told] == [("huge", mf.Failed)]


def test_who_subscribes_late_sees_the_rest_and_who_leaves_sees_nothing_more(managers: Managers) -> None:
    manager = managers()
    managers.hold()
    job = manager.start(REPO)
    late: list[mf.ModelState] = []
    left: list[mf.ModelState] = []
    manager.subscribe(lambda _, state: late.append(state))
    leave = manager.subscribe(lambda _, state: left.append(state))
    wait_until(lambda: left and job.snapshot().bytes_downloaded, "the first word")
    leave()
    leave()
    before = len(left)

    managers.let_go()
    job.result(60)
    assert isinstance(late[-1], mf.Downloaded)
    assert len(left) <= before + 1, "one may have been on its way"


def test_who_subscribes_while_a_download_is_being_entered_is_told_of_it_once(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, told = managers(), queue.SimpleQueue[mf.ModelState]()
    managers.hold()
    add, newcomers = mf.DownloadJob.add_done_callback, iter([lambda _, state: told.put(state)])

    def meanwhile(job: mf.DownloadJob, fn: Any) -> None:
        """The download is entered, and those who were there before are about to be told of it."""
        for newcomer in newcomers:
            manager.subscribe(newcomer)
        add(job, fn)

    monkeypatch.setattr(mf.DownloadJob, "add_done_callback", meanwhile)
    job = manager.start(REPO)

    assert len(job._subscriptions) == 1
    assert isinstance(told.get(timeout=20), mf.Downloading)


def test_who_leaves_while_it_is_subscribed_to_a_download_hears_no_more_of_it(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = managers()
    managers.hold()
    leave = manager.subscribe(lambda *_: None)
    subscribe = mf.DownloadJob.subscribe

    def meanwhile(job: mf.DownloadJob, *args: Any, **options: Any) -> Any:
        end = subscribe(job, *args, **options)
        leave()
        return end

    monkeypatch.setattr(mf.DownloadJob, "subscribe", meanwhile)
    job = manager.start(REPO)

    wait_until(lambda: not any(each._thread.is_alive() for each in job._subscriptions), "the end of the subscription")
    assert not job.done()


def test_a_subscriber_keeps_no_download_alive_that_is_over(managers: Managers) -> None:
    manager = managers()
    manager.subscribe(lambda *_: None)
    over = weakref.ref(manager.start(REPO))
    wait_until(lambda: isinstance(manager.state(REPO), mf.Downloaded), "its end")
    manager.start(REPO).result(60)

    wait_until(lambda: gc.collect() >= 0 and over() is None, "the end of what it held")


def test_a_subscriber_that_raises_hurts_nobody(managers: Managers, caplog: pytest.LogCaptureFixture) -> None:
    def awkward(_: str, state: mf.ModelState) -> None:
        raise ValueError(state)

    manager = managers()
    told: list[mf.ModelState] = []
    manager.subscribe(awkward)
    manager.subscribe(lambda _, state: told.append(state))
    assert_right(manager.start(REPO).result(60).path)
    assert isinstance(told[-1], mf.Downloaded)
    assert "a subscriber raised" in caplog.text


@pytest.mark.parametrize("posts", [False, True])
def test_a_subscriber_that_raises_is_called_once_for_each_download_also_in_a_queue(
    managers: Managers, caplog: pytest.LogCaptureFixture, *, posts: bool
) -> None:
    called: list[str] = []

    def awkward(name: str, _: mf.ModelState) -> None:
        called.append(name)
        raise ValueError(name)

    models = [REPO, OTHER, "org/third", "org/fourth"]
    for model in models[2:]:
        managers.world.hub.add_repo(model, FILES)
    manager = managers(queue=True)
    manager.subscribe(awkward, post=(lambda call: call()) if posts else None)
    for job in [manager.start(model) for model in models]:
        job.result(60)
    assert sorted(called) == sorted(models)
    assert caplog.text.count("a subscriber raised") == len(models)


def test_a_subscriber_is_told_of_a_place_in_the_queue_when_it_changes(managers: Managers) -> None:
    manager = managers(queue=True)
    managers.hold()
    seen: list[mf.ModelState] = []
    manager.start(REPO)
    manager.start(OTHER)
    manager.subscribe(lambda name, state: seen.append(state) if name == "org/third" else None)
    last = manager.start("org/third")
    manager.start("org/fourth")
    wait_until(lambda: seen == [mf.Queued(1)], "its place")
    manager.cancel(OTHER)
    assert manager.state("org/third") == mf.Queued(0)
    wait_until(lambda: seen == [mf.Queued(1), mf.Queued(0)], "its next place")
    manager.cancel("org/third")
    assert isinstance(last.exception(20), mf.DownloadCancelled)
    assert seen == [mf.Queued(1), mf.Queued(0), mf.NotDownloaded()]


def test_a_host_may_be_entered_on_its_own_thread(managers: Managers) -> None:
    posted: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threads: set[int] = set()
    manager = managers()
    manager.subscribe(lambda *_: threads.add(threading.get_ident()), post=posted.put)
    manager.start(REPO).result(60)
    while not posted.empty():
        posted.get()()
    assert threads == {threading.get_ident()}


def test_many_threads_that_start_one_model_start_it_once(managers: Managers) -> None:
    manager = managers(queue=True)
    managers.hold()
    barrier = threading.Barrier(20)
    jobs: list[mf.DownloadJob] = []

    def start() -> None:
        barrier.wait()
        jobs.append(manager.start(REPO))

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(jobs)) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [({"max_active": 0}, ValueError), ({"stall_timeout": -1}, ValueError), ({"progress": print}, TypeError)],
)
def test_options_that_make_no_sense_are_told_at_once(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        mf.DownloadManager(**options)


def test_a_job_that_hangs_does_not_hold_up_a_shutdown(managers: Managers) -> None:
    managers.world.hub.inject(NoAnswer(where="info"))
    manager = managers()
    job = manager.start(REPO)
    manager.shutdown()
    assert isinstance(job.exception(0), mf.DownloadCancelled)


def test_subscribers_that_are_stuck_do_not_hold_up_a_shutdown(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "DRAIN_WITHIN", 10 * PATIENCE)
    managers.hold()
    manager, stuck = managers(max_active=2), Stuck()
    jobs = [manager.start(REPO), manager.start(OTHER)]
    for job in jobs:
        job.subscribe(stuck)
    monkeypatch.setattr(manager_module, "SHUTDOWN_WITHIN", PATIENCE / 10)

    manager.shutdown()

    assert not stuck.gave_up
    stuck.release.set()


@pytest.mark.parametrize("thread", ["modelfetch-job", "modelfetch-subscriber"])
def test_a_model_for_which_there_is_no_thread_is_failed_and_can_be_started_again(
    managers: Managers, monkeypatch: pytest.MonkeyPatch, thread: str
) -> None:
    start = threading.Thread.start

    def refused(asked: threading.Thread) -> None:
        if asked.name in (thread, "modelfetch-job"):
            message = "can't start new thread"
            raise RuntimeError(message)
        start(asked)

    manager = managers()
    manager.subscribe(lambda *_: None)
    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", refused)
        job = manager.start(REPO)
    assert isinstance(job.exception(0), RuntimeError)
    assert isinstance(manager.state(REPO), mf.Failed)

    assert_right(manager.start(REPO).result(60).path)


@pytest.mark.parametrize("step", ["_running", "_must_be_free", "_must_fit", "_rearranged", "_introduce", "_begin"])
def test_a_start_that_ctrl_c_breaks_off_keeps_no_place(
    managers: Managers, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    manager = managers()
    with monkeypatch.context() as context:
        context.setattr(manager, "_move_up", lambda: None)
        context.setattr(manager, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            manager.start(REPO)
    wait_until(lambda: isinstance(manager.state(REPO), mf.NotDownloaded), "the end of what never began")

    assert_right(manager.start(REPO).result(60).path)


def test_a_turn_that_ctrl_c_passed_over_comes_with_the_next_look(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose turn had come, and was not begun for it, is begun by whoever comes next."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    manager = managers(queue=True)
    managers.hold()
    first = manager.start(REPO)
    second = manager.start(OTHER)
    with monkeypatch.context() as context:
        context.setattr(manager, "_begin", interrupted)
        first.cancel()
        assert isinstance(first.exception(20), mf.DownloadCancelled)
        with pytest.raises(KeyboardInterrupt):
            manager.start("org/third")
    managers.let_go()
    manager.start("org/fourth")
    assert_right(second.result(60).path)


def test_a_signal_handler_may_shut_a_manager_down_in_the_middle_of_a_start(
    managers: Managers, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = managers()
    fits = manager._must_fit

    def shut_down_first(spec: mf.ModelSpec) -> None:
        manager.shutdown()
        fits(spec)

    monkeypatch.setattr(manager, "_must_fit", shut_down_first)
    assert_right(manager.start(REPO).result(60).path)
