"""From when on a customer's answers count: floors only rise, and each change is told of once."""

from datetime import UTC, datetime, timedelta

from app.cache.floors import Floors, Key

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
BOREALIS: Key = ("customer_id", "borealis")
BILL: Key = (*BOREALIS, "upcoming_invoice", "a", "b")


def test_a_change_is_remembered_of_the_question_or_of_all_that_it_was_said_of() -> None:
    floors = Floors()
    floors.change(BOREALIS, "upcoming_invoice", NOW)
    assert [floors.changed_at(BOREALIS, each) for each in ("upcoming_invoice", "usage", None)] == [NOW, None, None]
    floors.change(BOREALIS, None, LATER)
    assert [floors.changed_at(BOREALIS, each) for each in ("upcoming_invoice", "usage", None)] == [NOW, None, LATER]
    assert (floors.changed(BILL), floors.changed((*BOREALIS, "usage"))) == (LATER, LATER)
    assert floors.changed(("customer_id", "meridian", "upcoming_invoice")) is None


def test_floors_only_rise_and_only_what_raises_one_is_told() -> None:
    floors, told = Floors(), []
    floors.tells(lambda *change: told.append(change))
    for at in (NOW, NOW, EARLIER, LATER):
        floors.change(BOREALIS, "upcoming_invoice", at)
        floors.refresh(BOREALIS, at)

    assert told == [(BOREALIS, "upcoming_invoice", NOW), (BOREALIS, "upcoming_invoice", LATER)]
    assert (floors.changed(BILL), floors.refreshed(BOREALIS)) == (LATER, LATER)
    floors.refresh(BOREALIS, NOW)
    assert floors.refreshed(BOREALIS) == LATER


def test_what_was_asked_for_in_the_moment_of_a_change_holds() -> None:
    floors = Floors()
    floors.change(BOREALIS, "upcoming_invoice", NOW)
    assert [floors.holds(BILL, asked, live=False) for asked in (EARLIER, NOW)] == [False, True]


def test_a_refresh_does_not_count_for_another_refresh() -> None:
    floors = Floors()
    floors.refresh(BOREALIS, NOW)
    assert [floors.holds(BILL, EARLIER, live=live) for live in (False, True)] == [False, True]
    assert floors.holds(BILL, NOW, live=False)


def test_the_stamp_of_a_customer_is_another_once_a_floor_of_theirs_has_risen() -> None:
    floors = Floors()
    stamps = [floors.stamp(BOREALIS)]
    floors.refresh(BOREALIS, LATER)
    stamps.append(floors.stamp(BOREALIS))
    for question in ("upcoming_invoice", None):
        floors.change(BOREALIS, question, LATER)
        stamps.append(floors.stamp(BOREALIS))
    assert len(set(stamps)) == 4
    floors.refresh(BOREALIS, LATER)
    floors.refresh(("customer_id", "meridian"), LATER)
    assert floors.stamp(BOREALIS) == stamps[-1]
