"""A test of many cases runs all of them, and names each that went wrong."""

import pytest

from .cases import each


def test_every_case_is_run_and_each_that_went_wrong_is_named_with_what_came_instead():
    met = []

    @each("number", {"one": 1, "two": 2, "three": 3})
    def check(number: int):
        met.append(number)
        if number == 2:
            pytest.fail("the second")
        assert number == 1

    with pytest.raises(AssertionError) as failure:
        check()
    assert met == [1, 2, 3]
    told = str(failure.value)
    assert told.startswith(
        "2 of 3 cases went wrong\ntwo: Failed: the second\nthree: AssertionError: "
    )
    assert "assert 3 == 1" in told


def test_without_a_name_a_case_is_called_what_it_is():
    @each(("text", "length"), [("a", 1), ("b" * 1000, 7)])
    def check(text: str, length: int):
        assert len(text) == length

    with pytest.raises(AssertionError, match=r"1 of 2 cases went wrong\n\('bbb.{100,190}b', 7\): "):
        check()


def test_several_make_their_product():
    met = []

    @each("name", "ab")
    @each("inner", {"one": 1, "two": 2})
    def check(name: str, inner: int, *, wrong: int = 0):
        met.append(f"{name}{inner}")
        assert inner != wrong

    check()
    assert met == ["a1", "a2", "b1", "b2"]
    with pytest.raises(AssertionError, match=r"2 of 4 .*\n'a', two: .*\n(.*\n)*'b', two: "):
        check(wrong=2)


def test_a_test_without_a_case_is_none():
    with pytest.raises(AssertionError, match="without a case"):
        each("number", [])


def test_a_case_that_hangs_ends_the_test_and_is_named():
    @each("number", [1, 2])
    def check(number: int):
        pytest.fail(f"Timeout ({number} s) from pytest-timeout.")

    with pytest.raises(pytest.fail.Exception, match="1 s") as failure:
        check()
    assert failure.value.__notes__ == ["in the case 1"]


@pytest.fixture
def asked() -> list[str]:
    return []


class TestFixtures:
    @pytest.mark.parametrize("word", ["x", "y"])
    @each("letter", "ab")
    def test_cases_share_the_fixtures_of_their_test(self, word: str, letter: str, asked: list[str]):
        asked.append(word + letter)
        assert asked == [f"{word}a", f"{word}b"][: len(asked)]
