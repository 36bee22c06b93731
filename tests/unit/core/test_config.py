"""A value that can't be used stops the start with the line and the remedy."""

from pathlib import Path

import pytest

from app.core import config
from app.core.errors import ConfigError


@pytest.mark.parametrize(
    ("section", "key", "value", "remedy"),
    [
        ("database", "url", "mysql://porchlight:can/canary@db/porchlight", "postgresql+psycopg://"),
        ("database", "url", "postgres://porchlight:canary@db/porchlight", "postgresql+psycopg://"),
        ("database", "url", "porchlight.db", "sqlite://"),
        ("redis", "url", "redis.example.org:6379", "redis://"),
        ("web", "public_url", "inbox.example.org", "https://"),
    ],
)
def test_an_address_of_the_wrong_kind_stops_the_start(
    tmp_path: Path, section: str, key: str, value: str, remedy: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[{section}]\n{key} = "{value}"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load(file, {})
    assert f"{file}, line 2: '{section}.{key}'" in refused.value.message
    assert remedy in refused.value.message
    assert "canary" not in refused.value.message


def test_a_file_in_another_encoding_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes("[web]\n# für uns\nport = 9000\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.toml, line 2: this is not UTF-8"):
        config.load(file, {})


def test_a_file_as_windows_saves_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes("[web]\r\n# für uns\r\nport = 9000\r\n".encode("utf-8-sig"))
    assert config.load(file, {}).web.port == 9000


def test_a_time_zone_is_one(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('time_zone = "Berlin"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 1: 'time_zone' .* such as Europe/Berlin"):
        config.load(file, {})
    file.write_text('time_zone = "Europe/Berlin"\n', encoding="utf-8")
    assert config.load(file, {}).time_zone == "Europe/Berlin"


def test_a_wrong_address_in_a_variable_names_the_variable() -> None:
    with pytest.raises(ConfigError, match=r"PORCHLIGHT_REDIS_URL: 'redis\.url'"):
        config.load(environ={"PORCHLIGHT_REDIS_URL": "foo"})


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:p@db/x", "postgresql://u:p@db/x", "sqlite:////tmp/x.db"])
def test_the_databases_we_know_are_taken(tmp_path: Path, url: str) -> None:
    (tmp_path / "config.toml").write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")
    assert config.load(tmp_path / "config.toml", {}).database_url == url


@pytest.mark.parametrize(
    ("text", "line"),
    [("[outbox]\nlease_seconds = 30\n", 2), ("[web]\nport = 1\n[outgoing]\ntotal_seconds = 200\n", 4)],
)
def test_a_lease_shorter_than_the_longest_request_stops_the_start(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"line {line}: 'outbox\.lease_seconds' .* longer than"):
        config.load(file, {})


@pytest.mark.parametrize("network", ["bogus", "10.0.0.1/8", "10.1.2.0/24,x,fd00:1::/64"])
def test_a_network_that_is_none_is_named_once(network: str) -> None:
    with pytest.raises(ConfigError) as refused:
        config.load(None, {"PORCHLIGHT_OUTGOING_ALLOW_NETWORKS": network})
    (line,) = refused.value.message.splitlines()
    assert line.startswith("PORCHLIGHT_OUTGOING_ALLOW_NETWORKS: 'outgoing.allow_networks'")
    assert "such as 10.1.2.0/24" in line


def test_networks_are_taken() -> None:
    settings = config.load(None, {"PORCHLIGHT_OUTGOING_ALLOW_NETWORKS": "10.1.2.0/24, fd00:1::/64"})
    assert [str(one) for one in settings.outgoing.allow_networks] == ["10.1.2.0/24", "fd00:1::/64"]
