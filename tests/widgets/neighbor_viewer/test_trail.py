from hypothesis import given
from hypothesis import strategies as st

from simnb.widgets.neighbor_viewer.trail import Trail


@given(st.lists(st.sampled_from(["a", "b", "c", "back", "forward"]), max_size=40))
def test_back_and_forward_go_as_in_a_browser(steps):
    trail, before, here, ahead = Trail(), [], None, []
    for step in steps:
        if step == "back":
            assert trail.back() == (before[-1] if before else None)
            if before:
                ahead.append(here)
                here = before.pop()
        elif step == "forward":
            assert trail.forward() == (ahead[-1] if ahead else None)
            if ahead:
                before.append(here)
                here = ahead.pop()
        else:
            trail.visit(step)
            if step == here:
                continue
            if before and step == before[-1]:
                ahead.append(here)
                here = before.pop()
            elif ahead and step == ahead[-1]:
                before.append(here)
                here = ahead.pop()
            else:
                before = [*before, here] if here is not None else before
                here, ahead = step, []


def test_whoever_follows_anothers_steps_goes_back_and_forward_with_it():
    trail = Trail()
    for place in (3, 1, 4):
        trail.visit(place)
    trail.visit(1)  # another's step back
    assert trail.back() == 3
    assert [trail.forward(), trail.forward()] == [1, 4]
    trail.back()
    trail.visit(4)  # another's step forward
    assert [trail.forward(), trail.back(), trail.back()] == [None, 1, 3]


def test_places_that_are_gone_are_skipped_and_the_others_have_their_new_names():
    trail = Trail()
    for place in (1, 2, 3, 4):
        trail.visit(place)
    trail.back()
    trail.keep({1: 10, 3: 30, 4: 40}.get)
    assert trail.back() == 10
    assert [trail.forward(), trail.forward(), trail.forward()] == [30, 40, None]
    trail.keep({10: 1, 30: 3}.get)
    assert trail.here == 3
    trail.keep(lambda place: None)
    assert trail.here is None
    assert trail.back() is None


def test_of_a_long_trail_the_end_is_kept():
    trail = Trail()
    for place in range(1000):
        trail.visit(place)
    assert [trail.back() for _ in range(300)].count(None) == 101
