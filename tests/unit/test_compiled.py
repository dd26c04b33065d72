"""The door to the compiler: an interpreted form, a cache never stale."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sim.identity import compiled_sources

ROOT = Path(__file__).parents[2]
SMALL = """
import hashlib
from sim.run import simulate
from tests.worlds import small_region
region = small_region(n_counties=1, residents=150, year=2020)
run = simulate(region, seed=2, threads=1)
data = b"".join(run.dataset[name].values.tobytes() for name in sorted(run.dataset.data_vars)
                if run.dataset[name].dtype.kind == "i")
print(hashlib.sha256(data).hexdigest(), int(run.dataset.visits.sum()))
"""


def run_python(code: str, root: Path = ROOT, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_interpreted_form_gives_the_same_year():
    compiled = run_python(SMALL)
    assert int(compiled.split()[1]) > 500
    assert run_python(SMALL, NUMBA_DISABLE_JIT="1") == compiled


def test_an_edited_rule_is_never_served_stale(tmp_path):
    shutil.copytree(ROOT / "sim", tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "from sim.engines.kernels.month import mortality_table as t\n"
        "from sim.parameters import load_parameters\n"
        "import numpy as np\n"
        "out = np.empty((2, 111, 4)); t(load_parameters(), np.full((2, 111), 0.001), out)\n"
        "print(out[0, 70, 3])"
    )
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    before = float(run_python(code, tmp_path, **cache))
    rule = tmp_path / "sim" / "rules" / "illness.py"
    source = rule.read_text("utf-8")
    assert source.count("p.chronic_mortality_ratio[chronic] / mean") == 1
    edited = source.replace("p.chronic_mortality_ratio[chronic] / mean", "7.0")
    # The same length and time: what numba itself would not notice in an imported file.
    stat = rule.stat()
    rule.write_text(edited, "utf-8")
    os.utime(rule, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    after = float(run_python(code, tmp_path, **cache))
    assert before != after
    assert after == 0.007


def test_the_cache_follows_every_module_that_compiles():
    """Every module that uses a decorator is in the hash that names the cache, and so is what it
    imports; what only reads results is not."""
    decorated = re.compile(r"^@(?:kernel|njit|compiled|numba\.)", re.MULTILINE)
    followed = {str(path.relative_to(ROOT / "sim")) for path in compiled_sources()}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        name = str(path.relative_to(ROOT / "sim"))
        if decorated.search(path.read_text("utf-8")):
            assert name in followed
    assert {"tiers.py", "day.py", "rules/choice.py", "engines/kernels/episode_word.py"} <= followed
    assert not {"indicators/compute.py", "cli/info.py", "cli/main.py", "results.py"} & followed
