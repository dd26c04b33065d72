"""Seconds, memory and nanoseconds a visit by population and threads; phases; rules; compiling.

python -m benchmarks            everything, about ten minutes on two cores
python -m benchmarks --quick    the two regions of the first release only
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

# region, share of its people
_SIZES = (
    ("reference", 0.02), ("reference", 0.2), ("taonan", 1.0), ("reference", 1.0),
    ("bayannur", 1.0), ("suining", 1.0), ("chifeng", 1.0), ("liaocheng", 1.0),
)  # fmt: skip
_QUICK = (("taonan", 1.0), ("liaocheng", 1.0))
# A rule made trivial by its parameters, one at a time.
_TRIVIAL = {
    "all rules": (),
    "no tests": ("test_share:township=0", "test_share:county=0", "test_share:city=0",
                 "test_share:regional=0", "test_share:outside=0"),
    "no escalation": ("escalation:minor=0", "escalation:chronic=0", "escalation:complex=0",
                      "escalation:critical=0"),
    "no referral": ("formal_referral=0",),
    "no admission": tuple(f"admission_scale:{tier}=0" for tier in
                          ("township", "county", "city", "regional", "outside")),
    "no learning": ("learning_good=0", "learning_bad=0"),
    "no word of mouth": ("word_of_mouth=0",),
    "no tastes": ("taste_sd=0", "taste_income_slope=0"),
    "service without spread": ("service_cv=0",),
}  # fmt: skip


def one(region: str, *arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Run `benchmarks.one` in its own process; its figures."""
    command = [sys.executable, "-m", "benchmarks.one", region, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def nanoseconds(figures: dict[str, Any], idle: float) -> float:
    """CPU nanoseconds a visit, start-up (`idle` seconds of imports) left out."""
    return 1e9 * (figures["cpu_seconds"] - idle) / max(1, figures["visits"])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two regions, no rules, no compiling")
    options = parser.parse_args()
    one("reference", "--share", "0.02")  # compile, so that the cache is warm
    idle = one("reference", "--share", "0.0005")["cpu_seconds"]
    print("by population\nregion      threads  residents     visits  wall s  run s  MiB  ns/visit")
    for region, share in _QUICK if options.quick else _SIZES:
        for threads in ("1", "2"):
            f = one(region, "--share", str(share), "--threads", threads)
            print(
                f"{region:<12}{threads:>7}{f['residents']:>11,}{f['visits']:>11,}"
                f"{f['wall_seconds']:>8.2f}{f['run_seconds']:>7.2f}{f['peak_mib']:>5}"
                f"{nanoseconds(f, idle):>10.0f}",
                flush=True,
            )
    if options.quick:
        return
    print("\nphases, liaocheng, one thread, seconds")
    f = one("liaocheng", "--threads", "1", "--phases")
    for name, seconds in sorted(f["phases"].items(), key=lambda item: -item[1]):
        print(f"  {name:<22}{seconds:>7.2f}")
    print("\na rule made trivial, suining, one thread: CPU seconds, visits")
    for name, pairs in _TRIVIAL.items():
        arguments = [word for pair in pairs for word in ("--set", pair)]
        f = one("suining", "--threads", "1", *arguments)
        print(f"  {name:<24}{f['cpu_seconds']:>7.2f}{f['visits']:>12,}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        cache = {"XDG_CACHE_HOME": folder}
        cold = one("reference", "--share", "0.002", environment=cache)["wall_seconds"]
        warm = one("reference", "--share", "0.002", environment=cache)
    print(
        f"\ncompiling: cold {cold:.1f} s, cached {warm['wall_seconds']:.1f} s; "
        f"cached start to first day {warm['to_first_day_seconds']:.1f} s"
    )


if __name__ == "__main__":
    main()
