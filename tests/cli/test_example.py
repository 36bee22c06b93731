"""config.example.toml names every setting, with its real default."""

import re
from pathlib import Path

from app.core import config
from app.core.config import Settings
from app.core.sections import Section

EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"
HAVE_NO_DEFAULT = {
    "database.url",
    "google.client_id",
    "google.client_secret_file",
    "learning.sentence_model",
    "learning.sentence_model_checksum",
    "meta.app_id",
    "meta.app_secret_file",
    "meta.verify_token",
    "redis.url",
    "secret_key_file",
    "smtp.host",
    "smtp.password_file",
    "smtp.sender",
    "smtp.user",
    "web.public_url",
    "x.client_id",
    "x.client_secret_file",
    "x.consumer_key",
    "x.consumer_secret_file",
}


def keys(kind: type[Section], prefix: str = "") -> set[str]:
    found = set()
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found |= keys(field.annotation, f"{name}.")
        else:
            found.add(prefix + name)
    return found


def uncommented() -> str:
    return re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert config.load(path, {}) == Settings(data_dir=(tmp_path / "data").resolve())


def test_every_setting_stands_in_it_with_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(uncommented(), encoding="utf-8")
    loaded = config.load(path, {})
    defaults = Settings(data_dir=(tmp_path / "data").resolve())
    section = ""
    named = set()
    for line in uncommented().splitlines():
        if line.startswith("["):
            section = f"{line.strip('[]')}."
        elif found := re.match(r"([a-z_]+) = ", line):
            named.add(section + found[1])
    assert named == keys(Settings)
    for key in named - HAVE_NO_DEFAULT:
        assert value(loaded, key) == value(defaults, key), key


def value(settings: Settings, key: str) -> object:
    found: object = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found
