import pytest

from aggregator.cli.called import called


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bot.py", "python bot.py"),
        ("../my clone/bot.py", "python '../my clone/bot.py'"),
        ("/app/bot.py", "python /app/bot.py"),
        ("/opt/venv/bin/casewire", "casewire"),
        ("/opt/venv/bin/pytest", "python bot.py"),
    ],
)
def test_a_hint_names_the_program_as_it_was_called(monkeypatch, typed, said):
    monkeypatch.setattr("sys.argv", [typed, "check"])
    assert called() == said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bot.py", "python ../bot.py"),
        ("/app/bot.py", "python /app/bot.py"),
        ("casewire", "casewire"),
    ],
)
def test_a_hint_for_another_folder_can_be_typed_there(monkeypatch, tmp_path, typed, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [typed, "init", "mine"])
    assert called(tmp_path / "mine") == said
