"""The settings file: what is read from it, and how the theme is remembered in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.wizard.preferences import Preferences, path, read, remember_theme


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_file_is_in_the_configuration_folder() -> None:
    assert path({"HOME": "/home/ana"}) == Path("/home/ana/.config/ld-flag-import/config.toml")
    assert path({"HOME": "/home/ana", "XDG_CONFIG_HOME": "/cfg"}) == Path("/cfg/ld-flag-import/config.toml")
    assert path({}) is None


def test_missing_file_has_no_settings(file: Path) -> None:
    assert read(file) == read(None) == (Preferences(), ())


def test_settings_are_read(file: Path) -> None:
    file.write_text('theme = "light"\nsymbols = "ascii"\ninstance = "eu"\n')
    assert read(file) == (Preferences("light", "ascii", "eu"), ())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('theme = "pink"', ["theme"]),
        ("symbols = 3", ["symbols"]),
        ('instance = "http://example.com"', ["instance"]),
        ('colour = "api-11111111-2222-3333-4444-555555555555"', ["Unknown setting"]),
        ('theme = "pink"\nsymbols = "runes"', ["theme", "symbols"]),
        ('instance = "eu"\ntheme = = 3\n', ["line 2"]),
    ],
)
def test_errors_are_named_without_their_value(file: Path, text: str, names: list[str]) -> None:
    file.write_text(text)
    settings, errors = read(file)
    assert settings == Preferences()
    assert len(errors) == len(names)
    for name, error in zip(names, errors, strict=True):
        assert name in error
        assert str(file) in error
        assert "pink" not in error
        assert "1111" not in error


def test_other_settings_stay_when_one_is_wrong(file: Path) -> None:
    file.write_text('theme = "pink"\ninstance = "eu"\n')
    settings, errors = read(file)
    assert settings == Preferences(instance="eu")
    assert len(errors) == 1


def test_file_that_is_no_text_is_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    assert read(file)[0] == Preferences()
    assert len(read(file)[1]) == 1


def test_theme_is_remembered_beside_other_lines(file: Path) -> None:
    remember_theme(file, "light")
    assert read(file)[0] == Preferences(theme="light")
    file.write_text('# mine\ninstance = "eu"\ntheme = "dark" # at night\n')
    remember_theme(file, "contrast")
    assert read(file)[0] == Preferences(theme="contrast", instance="eu")
    assert file.read_text().startswith("# mine\n")


def test_file_with_too_many_levels_is_named(file: Path) -> None:
    file.write_text(f"theme = {'[' * 50_000}")
    assert read(file)[0] == Preferences()
    assert len(read(file)[1]) == 1


def test_folder_without_permission_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)  # root may read everything
    settings, errors = read(file)
    assert settings == Preferences()
    assert "Permission denied" in errors[0]


def test_remembering_the_theme_keeps_a_link(file: Path) -> None:
    file.with_name("dotfiles.toml").write_text('theme = "dark"\n')
    file.symlink_to("dotfiles.toml")
    remember_theme(file, "light")
    assert file.is_symlink()
    assert read(file)[0].theme == "light"
