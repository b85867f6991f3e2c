"""Settings: what can't work is refused by name, and each one is documented."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from tacticeye.arguments import make_parser
from tacticeye.config import PRESETS, AnalysisConfig, Settings
from tacticeye.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size_seconds", 0.0),
        ("batch_size_seconds", float("nan")),
        ("conf_threshold", 1.0),
        ("ball_conf_threshold", 0.0),
        ("imgsz", 1000),
        ("analysis_hz", 0.5),
        ("pitch_kind", "rugby"),
        ("pitch_size", "68x105"),
        ("max_batches", 0),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name) as refused:
        AnalysisConfig(**{name: value})
    assert refused.value.field == name


def test_an_unknown_preset_names_those_that_exist() -> None:
    with pytest.raises(ConfigurationError, match="live, vod, detailed"):
        AnalysisConfig.preset("fast")


def test_every_preset_can_be_changed_in_single_fields() -> None:
    for name in PRESETS:
        assert AnalysisConfig.preset(name, imgsz=640).imgsz == 640


def test_settings_come_from_the_environment() -> None:
    environment = {"TACTICEYE_DATA_DIR": "elsewhere", "TACTICEYE_MAX_WORKERS": "3"}
    settings = Settings.from_environment(environment)
    assert settings == Settings(data_dir=Path("elsewhere"), max_workers=3)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_setting_that_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="TACTICEYE_MAX_WORKERS"):
        Settings.from_environment({"TACTICEYE_MAX_WORKERS": text})


def test_every_setting_is_in_the_readme_with_its_default(root: Path) -> None:
    rows = [line for line in (root / "README.md").read_text().splitlines() if line.startswith("| `TACTICEYE_")]
    documented = {row.split("`")[1]: row for row in rows}
    assert documented.keys() == {f"TACTICEYE_{field.name.upper()}" for field in fields(Settings)}
    for field in fields(Settings):
        assert str(field.default) in documented[f"TACTICEYE_{field.name.upper()}"]


def test_every_field_of_the_analysis_is_explained(root: Path) -> None:
    explained = AnalysisConfig.__doc__ or ""
    assert [field.name for field in fields(AnalysisConfig) if f"\n    {field.name} " not in explained] == []


def test_the_image_and_its_services_name_what_exists(root: Path) -> None:
    image = (root / "Dockerfile").read_text()
    bounds = re.findall(r'"(torch(?:vision)?[<>=.,\d]+)"', image)
    assert len(bounds) == 2 and set(bounds) <= set((root / "requirements.txt").read_text().splitlines())
    services = yaml.safe_load((root / "compose.yaml").read_text())["services"]
    known = {f"TACTICEYE_{field.name.upper()}" for field in fields(Settings)}
    assert {name for service in services.values() for name in service.get("environment", {})} <= known
    for command in (json.loads(image.rpartition("CMD ")[2]), services["worker"]["command"]):
        assert command[:3] == ["python", "-m", "tacticeye"]
        make_parser("").parse_args(command[3:])
