"""The order in which jobs are served: fair between visitors, equal requests once, limits; without an engine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.helpers import one_sentence
from tests.support.queues import request
from vae_core.errors import JobError
from vae_core.jobs import CANCELLED, DONE, RUNNING, WAITING, Job, Order
from vae_core.jobs.order import MAX_ENDED

FOLDER = Path("local")


def served(order: Order) -> list[Job]:
    """End what runs and serve all the rest, one job at a time; the jobs in the order in which they were begun."""
    jobs = order.running()
    for job in jobs:
        order.end(job, DONE)
    while (job := order.begin(1)) is not None:
        jobs.append(job)
        order.end(job, DONE)
    return jobs


def add(order: Order, visitor: str, count: int) -> list[Job]:
    return order.add([request() for _ in range(count)], visitor, FOLDER)


def test_nobodys_second_job_comes_before_anothers_first():
    order = Order()
    a1, a2, a3 = add(order, "A", 3)
    assert order.begin(1) is a1
    (b1,), (c1,) = add(order, "B", 1), add(order, "C", 1)
    assert order.live() == [a1, b1, c1, a2, a3]
    assert order.ahead(a2) == [a1, b1, c1]
    assert order.ahead(a1) == []
    assert order.running() == [a1]
    assert served(order) == [a1, b1, c1, a2, a3]
    assert order.live() == order.ahead(a2) == []


def test_who_comes_late_need_not_wait_for_anothers_second_job():
    order = Order()
    a1, a2, a3 = add(order, "A", 3)
    assert order.begin(1) is a1
    (b1,), (c1,) = add(order, "B", 1), add(order, "C", 1)
    order.end(a1, DONE)
    assert order.begin(1) is b1
    (d1,) = add(order, "D", 1)
    assert served(order) == [b1, c1, d1, a2, a3]


def test_who_comes_late_has_no_credit_for_the_time_before():
    order = Order()
    a1, a2, a3, a4 = add(order, "A", 4)
    assert order.begin(1) is a1
    order.end(a1, DONE)
    assert order.begin(1) is a2
    b1, b2 = add(order, "B", 2)
    assert served(order) == [a2, b1, a3, b2, a4]


@given(st.lists(st.sampled_from("ABCDE"), max_size=25))
def test_everybodys_nth_job_comes_before_anybodys_next(visitors):
    order = Order()
    rounds: dict[str, int] = {}
    for visitor in visitors:
        (job,) = add(order, visitor, 1)
        rounds[job.id] = sum(visitor in other.visitors for other in order.live())
    assert [rounds[job.id] for job in served(order)] == sorted(rounds.values())


def test_as_many_jobs_run_as_there_are_devices():
    order = Order()
    jobs = add(order, "A", 3)
    assert [order.begin(2) for _ in range(3)] == [*jobs[:2], None]
    order.end(jobs[0], DONE)
    assert order.begin(2) is jobs[2]
    assert Order().begin(1) is None


def test_equal_requests_are_one_job():
    order = Order()
    first, second = add(order, "A", 2)
    assert order.add([second.request, second.request], "B", FOLDER) == [second, second]
    assert second.visitors == {"A", "B"}
    assert order.live() == [first, second]
    assert order.find(second.id) is second
    order.end(second, DONE)
    assert order.find(second.id) is second
    (again,) = order.add([second.request], "A", FOLDER)
    assert again is not second
    assert order.find(second.id) is again


def test_a_shared_job_is_served_when_it_is_the_turn_of_either():
    order = Order()
    a1, a2, a3 = add(order, "A", 3)
    assert order.begin(1) is a1
    assert order.add([a3.request], "B", FOLDER) == [a3]
    assert served(order) == [a1, a3, a2]


def test_asking_again_changes_nothing():
    order = Order()
    first, second = add(order, "A", 2)
    assert order.add([second.request, second.request], "A", FOLDER) == [second, second]
    assert order.live() == [first, second]
    (third,) = add(order, "A", 1)
    assert order.live() == [first, second, third]


def test_a_job_that_has_ended_shows_how_and_holds_nobody_up():
    order = Order()
    first, second = add(order, "A", 2)
    order.end(first, CANCELLED, "The app was closed.")
    assert (first.state, first.reason, first.started, first.live) == (CANCELLED, "The app was closed.", 0, False)
    assert first.wait(0)
    assert not second.wait(0)
    assert all(task.state == CANCELLED and task.run is None for task in first.tasks)
    assert order.begin(1) is second
    assert second.state == RUNNING


def test_the_latest_of_the_ended_jobs_are_remembered():
    order = Order(None, None)
    jobs = add(order, "A", MAX_ENDED + 2)
    for job in jobs:
        order.end(job, DONE)
    assert [order.find(job.id) for job in jobs] == [None, None, *jobs[2:]]


@pytest.mark.parametrize(
    ("limits", "jobs"),
    [((3, None), "3 jobs are waiting"), ((None, 3), "3 of your jobs are waiting")],
    ids=["of all", "of each"],
)
def test_a_full_queue_refuses_in_one_sentence(limits, jobs):
    order = Order(*limits)
    (running,) = add(order, "A", 1)
    assert order.begin(1) is running
    waiting = add(order, "A", 3)
    with pytest.raises(JobError, match=f"{jobs}, 3 are allowed") as caught:
        add(order, "A", 1)
    assert one_sentence(caught.value)
    assert order.live() == [running, *waiting]
    assert order.add([waiting[0].request], "A", FOLDER) == [waiting[0]]  # what waits already takes no room
    order.end(waiting[2], CANCELLED)
    assert add(order, "A", 1)[0].state == WAITING


def test_the_limit_of_a_visitor_is_his_own():
    order = Order(max_waiting_each=1)
    (running,), (waiting,) = add(order, "A", 1), add(order, "B", 1)
    assert order.begin(1) is running
    assert add(order, "A", 1)[0].state == WAITING
    with pytest.raises(JobError, match="1 of your jobs"):
        add(order, "B", 1)
    assert waiting.state == WAITING


def test_a_sweep_is_taken_as_a_whole_or_not_at_all():
    order = Order(max_waiting=3)
    (running,) = add(order, "A", 1)
    assert order.begin(1) is running
    (waiting,) = add(order, "A", 1)
    with pytest.raises(JobError, match="3 more were requested") as caught:
        add(order, "B", 3)
    assert one_sentence(caught.value)
    assert order.live() == [running, waiting]
    jobs = order.add([waiting.request, request(), request()], "B", FOLDER)  # of which one is there
    assert jobs[0] is waiting
    assert len(order.live()) == 4
