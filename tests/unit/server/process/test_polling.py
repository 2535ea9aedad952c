"""Which worker asks: told by what a connection asked in turn, or not at all."""

from server.domain.workers.polling import Polls

A, B = ("127.0.0.1", 1111), ("127.0.0.1", 2222)


def test_a_worker_with_one_queue_ends_its_round_with_every_poll():
    polls = Polls()
    assert [polls.round_ended(A, "q", [["q"]]) for _ in range(3)] == [["q"]] * 3


def test_a_worker_with_two_queues_ends_its_round_with_the_last():
    polls, lists = Polls(), [["high", "low"]]
    assert polls.round_ended(A, "high", lists) == []
    assert polls.round_ended(A, "low", lists) == ["high", "low"]
    assert polls.round_ended(A, "high", lists) == []
    assert polls.round_ended(A, "low", lists) == ["high", "low"]


def test_a_queue_that_no_worker_registered_is_answered_at_once():
    assert Polls().round_ended(A, "q", []) == []


def test_workers_that_share_their_last_queue_are_told_apart():
    polls, lists = Polls(), [["x", "q"], ["y", "q"], ["q"]]
    polls.round_ended(A, "x", lists)
    polls.round_ended(B, "y", lists)
    assert polls.round_ended(A, "q", lists) == ["x", "q"]
    assert polls.round_ended(B, "q", lists) == ["y", "q"]


def test_a_round_that_was_not_polled_whole_is_not_held():
    polls = Polls()
    polls.round_ended(A, "other", [])
    assert polls.round_ended(A, "q", [["q"]]) == []


def test_behind_a_proxy_only_workers_with_this_queue_alone_are_held():
    polls, proxied = Polls(), ("192.0.2.1", 0)
    assert polls.round_ended(proxied, "q", [["q"]]) == ["q"]
    assert polls.round_ended(proxied, "q", [["q"], ["x", "q"]]) == []
    assert polls.round_ended(None, "q", [["q"]]) == ["q"]


def test_forgotten_connections_do_not_pile_up():
    polls = Polls()
    for port in range(1, 6000):
        polls.round_ended(("127.0.0.1", port), "q", [["q"]])
    assert len(polls._recent) <= 4096
