"""How many cores there are for us, and which one a new worker gets."""

import os
from pathlib import Path

import pytest

from app import machine


@pytest.fixture
def affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 3}, raising=False)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 4),
        ({"cpu.max": "max 100000\n"}, 4),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "800000 100000\n"}, 4),
        ({"cpu.max": "nonsense"}, 4),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
    ],
)
def test_a_container_counts_what_its_limit_allows(affinity, tmp_path: Path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert machine.usable_cores(tmp_path) == cores


def process(
    proc: Path, pid: int, cores: str, command: str = "python\0-m\0gunicorn", parent: int = 1
):
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "cmdline").write_text(command)
    (proc / str(pid) / "status").write_text(
        f"Name:\tpython\nPPid:\t{parent}\nCpus_allowed_list:\t{cores}\n"
    )


def test_a_worker_gets_the_core_that_the_fewest_have(affinity, tmp_path: Path):
    process(tmp_path, 10, "0-3")
    process(tmp_path, 11, "0")
    process(tmp_path, 12, "1")
    process(tmp_path, 13, "3", command="postgres")
    process(tmp_path, 14, "2", parent=os.getpid())  # known from the master already
    assert {machine.least_used_core([2], tmp_path) for _ in range(50)} == {3}
    assert {machine.least_used_core([2, 3], tmp_path) for _ in range(50)} == {0, 1}
    assert {machine.least_used_core([0, 2, 3], tmp_path) for _ in range(50)} == {1}


def test_instances_that_start_at_once_do_not_all_begin_on_one_core(affinity, tmp_path: Path):
    assert {machine.least_used_core([], tmp_path) for _ in range(200)} == {0, 1, 2, 3}
