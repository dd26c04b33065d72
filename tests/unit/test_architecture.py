"""The shape of the house: imports point down, behaviour knows no targets, files stay readable."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The house, a rung a package: a module knows its own package and what stands on a line above.
# Modules that lie loose in a folder stand where they are named. The packages themselves (`sim`,
# `scenarios`, `ui`) are public doors and may open on anything of theirs.
LAYERS = (
    ("sim.errors", "sim.tiers", "sim.identity", "sim.jit", "sim.words"),
    ("sim.rules", "sim.day"),
    ("sim.parameters", "sim.region"),
    ("sim.packs", "sim.population"),
    ("sim.packbuild", "sim.dynamics"),
    ("sim.engines",),
    ("sim.results", "sim.indicators"),
    ("sim.run",),
    ("sim.observers", "sim.paths", "sim.draws"),
    ("sim.cli", "sim.__main__"),
    ("scenarios.words", "scenarios.rollout", "scenarios.plans"),
    ("scenarios.scenario", "scenarios.scenario_file", "scenarios.schedule"),
    ("scenarios.comparison",),
    ("scenarios.report",),
    ("scenarios.cli", "scenarios.__main__"),
    ("calibration",),
    ("ui.model",),
    ("ui.view",),
    ("ui.pages",),
)
DOORS = ("sim", "scenarios", "calibration", "ui")
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# What people, patients, queues and beds do. Nothing here may know an indicator or a target.
BEHAVIOUR = (
    "sim.rules",
    "sim.engines",
    "sim.dynamics",
    "sim.population",
    "sim.day",
    "sim.region",
)
JUDGEMENT = ("indicators", "targets", "anchor", "scenarios", "calibration", "results")

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
# Longer ones, each with its limit and its reason.
LONG_FILES = {
    "sim/engines/reference/model.py": (410, "the specification, read top to bottom"),
    "sim/engines/compiled/driver.py": (
        610,
        "one run from set-up to tallies; its steps are kernels",
    ),
}
LONG_FUNCTIONS = {
    "calibration/national.py:anchors": (80, "one table of anchors"),
    "sim/run.py:simulate": (90, "the public door: half of it is its description"),
    "sim/paths/path.py:simulate_path": (70, "the public door: half of it is its description"),
    "sim/engines/kernels/choose.py:choose": (100, "one loop over a day's requests"),
    "sim/engines/kernels/month.py:turn_of_month": (80, "one loop over residents"),
    "sim/engines/kernels/month.py:draw_episodes": (70, "one loop over batches of residents"),
    "sim/engines/kernels/close.py:close_visits": (130, "one loop over a day's outcomes"),
    "sim/engines/kernels/discharge.py:discharge": (85, "one loop over a day's discharges"),
    "sim/engines/kernels/facility_day.py:facility_day": (80, "one loop over facilities"),
    "sim/engines/kernels/serve.py:serve": (80, "one clock; its steps share ten variables"),
    "sim/engines/kernels/wards.py:run_wards": (100, "one clock; its steps share ten variables"),
    "sim/engines/world.py:build_world": (100, "one table after the other, no branches"),
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_name(path): path for door in DOORS for path in sorted((ROOT / door).rglob("*.py"))
}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(name):
    """(imported module, line), relative ones resolved; `from sim import day` counts as sim.day."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]) if base else ".".join(above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in MODULES else base), node.lineno


def level_of(module):
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        level = LEVEL.get(".".join(parts[:length]))
        if level is not None:
            return level
    return None


def is_inside(module, packages):
    return any(module == package or module.startswith(package + ".") for package in packages)


# Published mortality and fertility are what residents live under, not what a run is judged by.
READS_OBSERVATIONS = ("sim.population.vital_rates",)


def behaviour():
    return [name for name in MODULES if is_inside(name, BEHAVIOUR)]


def test_every_module_has_its_place():
    assert [name for name in MODULES if name not in DOORS and level_of(name) is None] == []


@pytest.mark.parametrize("name", [name for name in MODULES if name not in DOORS])
def test_imports_point_down(name):
    upward = [
        f"{name}:{line} imports {imported}"
        for imported, line in imports(name)
        if imported.startswith(("sim.", "scenarios.", "ui."))
        and level_of(imported) > level_of(name)
    ]
    assert upward == []


def for_types_only(name):
    """Lines of the imports that only a type checker reads."""
    return {
        inside.lineno
        for node in ast.walk(tree(MODULES[name]))
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inside in ast.walk(node)
        if isinstance(inside, ast.Import | ast.ImportFrom)
    }


def test_no_module_imports_itself_in_a_circle():
    graph = {
        name: {module for module, line in imports(name) if line not in for_types_only(name)}
        for name in MODULES
    }
    graph = {name: (found & set(MODULES)) - set(DOORS) for name, found in graph.items()}
    done: set[str] = set()
    circles: list[str] = []

    def walk(name, path):
        if name in path:
            circles.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for imported in sorted(graph[name]):
                walk(imported, [*path, name])
            done.add(name)

    for name in sorted(graph):
        walk(name, [])
    assert circles == []


def test_sim_knows_nothing_of_scenarios_calibration_or_the_app():
    outside = ("scenarios", "calibration", "ui", "app", "tests", "benchmarks")
    found = [
        f"{name}:{line}"
        for name in MODULES
        if is_inside(name, ("sim",))
        for imported, line in imports(name)
        if is_inside(imported, outside)
    ]
    assert found == []


def test_the_page_asks_the_model_through_its_doors_only():
    """No rule, engine, stock or parameter is reached from ui/: it asks, and shows the answer."""
    inner = (
        "sim.rules",
        "sim.engines",
        "sim.dynamics.stocks",
        "sim.dynamics.coupling",
        "sim.day",
        "sim.parameters",
    )
    found = [
        f"{name}:{line} imports {imported}"
        for name in MODULES
        if is_inside(name, ("ui",))
        for imported, line in imports(name)
        if is_inside(imported, inner)
    ]
    assert found == []


@pytest.mark.parametrize("name", [n for n in behaviour() if n not in READS_OBSERVATIONS])
def test_behaviour_knows_no_indicator_and_no_target(name):
    found = [
        f"{name}:{line} imports {imported}"
        for imported, line in imports(name)
        if set(imported.split(".")) & set(JUDGEMENT)
    ]
    read = [
        node.value
        for node in ast.walk(tree(MODULES[name]))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r".*(targets|observations|anchor)\w*\.(csv|yaml|nc)", node.value)
    ]
    assert found + read == []


@pytest.mark.parametrize("name", [*behaviour(), "sim.population.vital_rates", "sim.jit"])
def test_behaviour_has_no_other_luck_than_the_keys_and_no_clock(name):
    banned_modules = ("random", "secrets", "uuid", "time", "numpy.random", "scipy.stats")
    found = [
        f"{line} imports {imported}"
        for imported, line in imports(name)
        if is_inside(imported, banned_modules)
    ]
    for node in ast.walk(tree(MODULES[name])):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            what = f"{owner}.{node.attr}"
            if what in ("np.random", "numpy.random", "os.urandom"):
                found.append(f"{node.lineno} uses {what}")
            name_of_owner = owner or getattr(node.value, "attr", "")
            # SimPy's clock is the model's own time.
            if node.attr == "now" and name_of_owner == "clock":
                continue
            if node.attr in ("now", "today", "utcnow", "perf_counter", "monotonic"):
                found.append(f"{node.lineno} uses {what}")
        elif isinstance(node, ast.For | ast.comprehension):
            over = node.iter
            is_set = isinstance(over, ast.Set | ast.SetComp) or (
                isinstance(over, ast.Call)
                and isinstance(over.func, ast.Name)
                and over.func.id in ("set", "frozenset")
            )
            if is_set:
                found.append(f"{over.lineno} iterates over a set")
    assert found == []


def test_only_one_module_imports_numba():
    found = {
        name
        for name in MODULES
        for imported, _ in imports(name)
        if is_inside(imported, ("numba", "llvmlite"))
    }
    assert found == {"sim.jit"}


def test_rules_read_no_file_and_no_table_of_facilities():
    allowed = ("sim.jit", "sim.rules.exp_log", "sim.tiers", "sim.rules")
    third_party = ("numpy", "math", "enum", "typing", "__future__")
    found = [
        f"{name}:{line} imports {imported}"
        for name in MODULES
        if is_inside(name, ("sim.rules",))
        for imported, line in imports(name)
        if not is_inside(imported, allowed + third_party)
    ]
    assert found == []


def texts():
    """Every file of the project a reader may open."""
    for folder in ("sim", "tests", "docs", "scenarios", "calibration", "ui", "benchmarks", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            small = path.is_file() and path.stat().st_size < 2_000_000
            if small and path.suffix in (".py", ".md", ".csv", ".yaml", ".toml", ".sh", ""):
                yield path
    yield from (
        ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")
    )  # fmt: skip


def test_no_file_names_a_place_on_somebodys_machine():
    machine = re.compile(r"(?<![\w.~<:/-])/(?:home|root|work|Users|mnt|tmp|opt)/\w|\b[A-Z]:\\\\\w")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if machine.search(line)
    ]
    assert found == []


def test_files_are_short_enough_to_read():
    long = {}
    for path in MODULES.values():
        name = path.relative_to(ROOT).as_posix()
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONG_FILES.get(name, (MOST_LINES, ""))[0]:
            long[name] = lines
    assert long == {}


def test_functions_are_short_enough_to_read():
    long = {}
    for path in MODULES.values():
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                key = f"{name}:{node.name}"
                if lines > LONG_FUNCTIONS.get(key, (MOST_FUNCTION_LINES, ""))[0]:
                    long[key] = lines
    assert long == {}


def test_exceptions_to_the_length_have_a_reason_and_exist():
    for name, (_, reason) in {**LONG_FILES, **LONG_FUNCTIONS}.items():
        path, _, function = name.partition(":")
        assert reason
        assert (ROOT / path).exists()
        assert not function or f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")


def test_few_files_lie_loose():
    """A newcomer reads the folder listing first."""
    loose = {door: sorted(p.name for p in (ROOT / door).iterdir() if p.is_file()) for door in DOORS}
    assert len(loose["sim"]) <= 16, loose["sim"]
    assert len(loose["scenarios"]) <= 12, loose["scenarios"]


# Basenames that stand in several packages, each for the same thing in every one.
SAME_THING = {
    "cli": "the command line of a package",
    "charts": "figures of a report, and of the page",
    "main": "its entry",
    "model": "the model of an engine",
    "schedule": "a policy schedule, and a scenario as one",
    "words": "user-facing words in both languages",
}


def test_a_basename_means_one_thing():
    where: dict[str, list[str]] = {}
    for name in MODULES:
        where.setdefault(name.rpartition(".")[2], []).append(name)
    several = {base for base, names in where.items() if len(names) > 1 and base != "__main__"}
    assert several == set(SAME_THING)


def test_at_most_two_levels_of_folders():
    deep = [name for name, path in MODULES.items() if len(path.relative_to(ROOT).parts) > 4]
    assert deep == []


def test_what_sim_imports_is_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[<>=!~\[ ]", entry)[0] for entry in project["dependencies"]}
    imported_as = {"ruamel.yaml": "ruamel", "python-docx": "docx"}
    modules = {imported_as.get(name, name.replace("-", "_").split("_")[0]) for name in named}
    used = {
        imported.split(".")[0]
        for name in MODULES
        for imported, _ in imports(name)
        if imported.split(".")[0] not in {*sys.stdlib_module_names, *DOORS, ""}
    }
    # llvmlite comes with numba; the two below write and read what xarray holds.
    assert used - {"llvmlite"} <= modules
    assert modules - {"h5py", "h5netcdf"} <= used
