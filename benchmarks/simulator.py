"""A million dispatches: time, memory, distance from the exact score: python benchmarks/simulator.py

Time is given as a ratio to drawing the same random numbers and nothing else, in the same run.
"""

import math
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from casebook.simulator import (
    WORLDS,
    World,
    brier,
    enumerate_world,
    readings,
    simulate,
    standard_error,
)

N = 1_000_000
CHUNK = 20_000


def main() -> None:
    """Print a line for each world, and one for the largest."""
    largest = World(sources=12, origins=12, sharing=0.5, party=0.4, lean=0.5)
    print(f"{'world':14} {'kinds':>7} {'seconds':>8} {'ratio':>6} {'MB':>5} {'MB at n/10':>11}")
    for name, world in {**WORLDS, "largest": largest}.items():
        rows = len(simulate(world, N))
        seconds = best(lambda world=world: simulate(world, N, chunk=CHUNK))
        ratio = seconds / best(lambda world=world: draw(world))
        most, tenth = peak(world, N), peak(world, N // 10)
        print(f"{name:14} {rows:7,} {seconds:8.2f} {ratio:6.1f} {most:5.0f} {tenth:11.0f}")
    print("\nsimulated minus exact Brier score, 3 sources, in standard errors")
    for name, world in WORLDS.items():
        print(f"{name:14} " + ", ".join(distances(replace(world, sources=3))))


def draw(world: World) -> None:
    """Draw the random numbers of a million dispatches."""
    rng = np.random.default_rng(0)
    for _ in range(N // CHUNK):
        rng.random((CHUNK, 2 + world.origins + 6 * world.sources))


def distances(world: World) -> list[str]:
    """Each reading, and how far its simulated score is from the exact one, in standard errors."""
    drawn, exact = simulate(world, N), enumerate_world(world)
    told = []
    for name, forecast in readings(exact, world).items():
        off = brier(drawn, readings(drawn, world)[name]) - brier(exact, forecast)
        told.append(f"{name} {off / standard_error(exact, forecast) * math.sqrt(N):+.1f}")
    return told


def best(action: Callable[[], object]) -> float:
    """Seconds that an action takes, the better of two."""
    times = []
    for _ in range(2):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def peak(world: World, n: int) -> float:
    """The most memory in MB that a simulation allocates at once."""
    tracemalloc.start()
    simulate(world, n)
    most = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return most


if __name__ == "__main__":
    main()
