"""A step is repeated exactly when its inputs have changed."""

from pathlib import Path

from config.ops.stamps import fingerprint, is_current, mark_done


def test_contents_names_and_words_count(tmp_path: Path):
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_text("one")
    first = fingerprint([file], "x")
    assert fingerprint([file, file], "x") == first
    assert fingerprint([file], "y") != first
    file.write_text("two")
    assert fingerprint([file], "x") != first
    file.rename(other)
    assert fingerprint([other], "x") != first
    assert fingerprint([file], "x") == fingerprint([], "x")


def test_a_stamp_holds_for_its_inputs_only(tmp_path: Path):
    stamp = tmp_path / "deep" / "stamp"
    assert not is_current(stamp, "one")
    mark_done(stamp, "one")
    assert is_current(stamp, "one")
    assert not is_current(stamp, "two")
