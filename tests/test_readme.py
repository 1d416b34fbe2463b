"""The README: its example runs, its commands exist, and it stays short."""

import re

import pytest

from tests.support.helpers import ROOT
from vae_core.__main__ import main

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_of_the_library_runs(capsys):
    [example] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict = {}
    exec(example, names)  # noqa: S102
    elbos = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert len(elbos) == 21
    assert elbos[-1] > elbos[0] + 5  # it learns more than the mean image, which it begins with
    assert names["sevens"].shape == (16, 8, 8)
    assert names["loss"].item() == pytest.approx(-elbos[-1], abs=2)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"python -m vae_core (\w+)", TEXT))))
def test_every_command_exists(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"vae_core {command}" in capsys.readouterr().out


def test_it_is_short():
    lines = TEXT.splitlines()
    assert len(lines) < 120
    assert max(map(len, lines)) <= 120
