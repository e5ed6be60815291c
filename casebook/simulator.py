"""Invented worlds with a known truth, to see when counting voices misleads a reader.

Did the harbour lend a boat? Sources looked for themselves or repeat a shared origin, some speak
for a party with an interest, a reporter hears some of them, and a reader sees only the dispatch.
What comes out depends on the numbers put in: it shows what can happen, not what did.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, fields
from itertools import product
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What a dispatch prints: how many voices of each sort, in this order.
VOICES = [
    f"{whose}{naming}_{side}"
    for whose in ("", "party_")
    for naming in ("named", "unnamed")
    for side in ("for", "against")
]

_LIMITS = {  # field -> least, most; every other field: 0 to 1
    "prior": (0.001, 0.999),
    "access": (0.5, 0.999),
    "origin_access": (0.5, 0.999),
    "lean": (-1, 1),
    "sources": (1, 12),
    "origins": (1, 12),
}
_EITHER = (True, False)
_ENUMERATED = {"sources": 3, "origins": 2}  # at most; the outcomes multiply


@dataclass(frozen=True)
class World:
    """A world's parameters: probabilities from 0 to 1 unless stated otherwise, else ValueError."""

    prior: float = 0.5  # that the answer is yes; 0.001 to 0.999
    sources: int = 6  # people whom the reporter may reach; 1 to 12
    access: float = 0.7  # that who looked for themselves saw the truth; 0.5 to 0.999
    origins: int = 1  # shared origins, each repeated by any number of sources; 1 to 12
    origin_access: float = 0.7  # that a shared origin has the truth; 0.5 to 0.999
    sharing: float = 0.0  # that a source repeats a shared origin instead of having looked
    party: float = 0.0  # that a source speaks for the party that has an interest
    # -1 to 1. Its size: that a party voice says what suits the party, whatever it knows. Above 0
    # a yes suits the party, below 0 a no.
    lean: float = 0.0
    heard: float = 0.7  # that the reporter reaches a source
    named_seen: float = 0.5  # that a voice has a name in print, if it looked for itself
    named_repeats: float = 0.5  # ... if it repeats an origin
    named_party: float = 0.5  # ... if it speaks for the party
    hedge_seen: float = 0.3  # that the reporter hedges, if any voice heard looked for itself
    hedge_unseen: float = 0.3  # ... if none did

    def __post_init__(self) -> None:
        """Refuse what is outside the limits."""
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            whole = field.type is int
            least, most = _LIMITS.get(name, (0, 1))
            number = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
            if not (number and least <= value <= most):
                kind = "a whole number" if whole else "a number"
                raise ValueError(
                    f"World: {name} must be {kind} from {least} to {most}, not {value!r}."
                )


# Worlds to compare; only what differs from World() is given.
WORLDS = {
    "independent": World(),
    "echo": World(sharing=0.8),
    "names help": World(sharing=0.8, named_seen=0.9, named_repeats=0.1),
    "names mislead": World(party=0.4, lean=0.8, named_seen=0.2, named_party=0.95),
}


def simulate(world: World, n: int = 1_000_000, seed: int = 0, chunk: int = 20_000) -> pd.DataFrame:
    """Draw `n` dispatches: a row for each kind that came up, sorted.

    Columns: the counts in VOICES, `hedged`, `times` (dispatches of this kind) and `true` (in how
    many of them the answer was yes). Memory grows with `chunk` and the number of kinds, not with
    `n`; the result does not depend on `chunk`. ValueError unless both are whole and above 0.
    """
    for name, value in {"n": n, "chunk": chunk}.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"simulate: {name} must be a whole number above 0, not {value!r}.")
    rng = np.random.default_rng(seed)
    keys = times = np.empty(0, np.int64)
    for start in range(0, n, chunk):
        # One call a chunk, a row for each dispatch: the stream is the same however it is cut.
        luck = rng.random((min(chunk, n - start), 2 + world.origins + 6 * world.sources))
        drawn, often = np.unique(_dispatches(world, luck), return_counts=True)
        keys, place = np.unique(np.concatenate([keys, drawn]), return_inverse=True)
        old_and_new = np.concatenate([times, often])
        times = np.zeros(len(keys), np.int64)
        np.add.at(times, place, old_and_new)
    return _table(world, keys, times)


def _dispatches(world: World, luck: Floats) -> NDArray[np.int64]:
    """The keys of dispatches, from a row of uniform numbers for each: (n, draws) -> (n,)."""
    first = 2 + world.origins
    truth = luck[:, 0] < world.prior
    origins = (luck[:, 2:first] < world.origin_access) == truth[:, None]
    each = luck[:, first:].reshape(len(luck), world.sources, 6)
    heard, party, repeats = (
        each[:, :, place] < chance
        for place, chance in enumerate((world.heard, world.party, world.sharing))
    )
    eyes = each[:, :, 3]  # how well a source looked, or which origin it met
    looked = (eyes < world.access) == truth[:, None]
    told = np.take_along_axis(origins, (eyes * world.origins).astype(int), axis=1)
    pleases = party & (each[:, :, 4] < abs(world.lean))
    says = np.where(pleases, world.lean > 0, np.where(repeats, told, looked))
    by_kind = np.where(repeats, world.named_repeats, world.named_seen)
    named = each[:, :, 5] < np.where(party, world.named_party, by_kind)
    seen = (heard & ~repeats).any(axis=1)
    hedged = luck[:, 1] < np.where(seen, world.hedge_seen, world.hedge_unseen)
    sort = 4 * party + 2 * ~named + ~says  # place in VOICES
    counts = [(heard & (sort == place)).sum(axis=1) for place in range(len(VOICES))]
    return _keys(world, np.stack(counts, axis=1), hedged, truth)


def _keys(world: World, counts: Any, hedged: Any, truth: Any) -> NDArray[np.int64]:
    """One number for each dispatch and its truth: (n, 8) counts and two (n,) -> (n,)."""
    spoken = np.asarray(counts) @ _digits(world)
    return np.asarray(4 * spoken + 2 * np.asarray(hedged) + truth, np.int64)


def _digits(world: World) -> NDArray[np.int64]:
    """What each count in VOICES is multiplied by in a key: (8,)."""
    return np.array([(world.sources + 1) ** place for place in range(7, -1, -1)], np.int64)


def _table(world: World, keys: NDArray[np.int64], times: NDArray[Any]) -> pd.DataFrame:
    """The table of dispatches from keys, in any order and repeated, and how often each came."""
    kinds, place = np.unique(keys // 2, return_inverse=True)
    counts = kinds[:, None] // 2 // _digits(world) % (world.sources + 1)
    table = pd.DataFrame(counts, columns=VOICES)
    table["hedged"] = kinds % 2 == 1
    for column, weights in {"times": times, "true": times * (keys % 2)}.items():
        total = np.zeros(len(kinds), times.dtype)
        np.add.at(total, place, weights)
        table[column] = total
    return table


def enumerate_world(world: World) -> pd.DataFrame:
    """The table of `simulate`, exact: every outcome walked through, `times` its probability.

    For at most 3 sources and 2 origins (ValueError): the outcomes multiply.
    """
    for name, most in _ENUMERATED.items():
        if getattr(world, name) > most:
            raise ValueError(
                f"enumerate_world: {name} must be at most {most}, not {getattr(world, name)}; "
                "simulate larger worlds."
            )
    total: dict[tuple[tuple[int, ...], bool, bool], float] = defaultdict(float)
    for truth, *right in product(_EITHER, repeat=1 + world.origins):
        start = _chance(world.prior, truth)
        for one in right:
            start *= _chance(world.origin_access, one)
        voices = _voices(world, truth, [one == truth for one in right])
        for chosen in product(voices.items(), repeat=world.sources):
            places = [place for (place, _), _ in chosen]
            counts = tuple(places.count(place) for place in range(len(VOICES)))
            seen = any(looked for (_, looked), _ in chosen)
            hedge = world.hedge_seen if seen else world.hedge_unseen
            chance = start * math.prod(chance for _, chance in chosen)
            for hedged in _EITHER:
                total[counts, hedged, truth] += chance * _chance(hedge, hedged)
    possible = {kind: chance for kind, chance in total.items() if chance > 0}
    every, hedges, truths = zip(*possible, strict=True)
    return _table(world, _keys(world, every, hedges, truths), np.array([*possible.values()]))


def _voices(world: World, truth: bool, origins: list[bool]) -> dict[tuple[int, bool], float]:
    """What one source may come to: (place in VOICES, or -1 unheard; looked) -> probability."""
    voices = defaultdict(float, {(-1, False): 1 - world.heard})
    looks = 1 - world.sharing
    known = [(False, told, world.sharing / len(origins)) for told in origins]
    known += [(True, right == truth, looks * _chance(world.access, right)) for right in _EITHER]
    for (looked, knows, start), party, leans, named in product(known, _EITHER, _EITHER, _EITHER):
        says = world.lean > 0 if party and leans else knows
        name = world.named_seen if looked else world.named_repeats
        chance = start * world.heard * _chance(world.party, party)
        chance *= _chance(abs(world.lean), leans)
        chance *= _chance(world.named_party if party else name, named)
        voices[4 * party + 2 * (not named) + (not says), looked] += chance
    return voices


def _chance(probability: float, event: bool) -> float:
    """The probability of an event, or of its opposite."""
    return probability if event else 1 - probability


def head_counting(table: pd.DataFrame, world: World) -> Floats:
    """The probability of yes for each row, if every voice were a witness of its own.

    This reader knows `prior` and `access`, and errs only in what is counted.
    """
    return _counting(table, world, VOICES)


def name_counting(table: pd.DataFrame, world: World) -> Floats:
    """As `head_counting`, of the named voices alone."""
    return _counting(table, world, [voice for voice in VOICES if "unnamed" not in voice])


def _counting(table: pd.DataFrame, world: World, counted: list[str]) -> Floats:
    lead = sum(table[v].to_numpy(float) * (1 if v.endswith("for") else -1) for v in counted)
    odds = world.prior / (1 - world.prior) * (world.access / (1 - world.access)) ** lead
    return np.asarray(odds / (1 + odds))


def dependency_aware(table: pd.DataFrame, world: World) -> Floats:
    """The probability of yes for each row, by Bayes' rule over all that the dispatch hides.

    `world` is what the reader takes the world to be: the true one, or one with other numbers. One
    origin then counts once however many repeat it, and a party's lean is allowed for. ValueError
    for a row that such a world could never print.
    """
    yes = world.prior * _likelihood(table, world, truth=True)
    no = (1 - world.prior) * _likelihood(table, world, truth=False)
    if len(impossible := np.flatnonzero(yes + no == 0)):
        raise ValueError(
            f"dependency_aware: the assumed world never prints row {impossible[0]} of the table; "
            "choose numbers other than exactly 0 or 1 for it."
        )
    return np.asarray(yes / (yes + no))


def _likelihood(table: pd.DataFrame, world: World, truth: bool) -> Floats:
    """How likely each dispatch is, given the truth, up to a factor that does not hang on it."""
    counts, hedged = table[VOICES].to_numpy(), table["hedged"].to_numpy()
    sees, told = (p if truth else 1 - p for p in (world.access, world.origin_access))
    looked = (1 - world.sharing) * _sorts(world, sees, world.named_seen)
    total = np.zeros(len(table))
    # Given how many origins say yes, the sources are independent: a multinomial for each number.
    for yes in range(world.origins + 1):
        no = world.origins - yes
        weight = math.comb(world.origins, yes) * told**yes * (1 - told) ** no
        repeats = world.sharing * _sorts(world, yes / world.origins, world.named_repeats)
        either = np.prod((looked + repeats) ** counts, axis=1)
        unseen = np.prod(repeats**counts, axis=1)
        hedge = world.hedge_unseen * unseen + world.hedge_seen * (either - unseen)
        total += weight * np.where(hedged, hedge, either - hedge)
    return total


def _sorts(world: World, yes: float, named: float) -> Floats:
    """How a voice that knows of a yes with probability `yes` spreads over VOICES: (8,)."""
    suits = abs(world.lean) * (world.lean > 0) + (1 - abs(world.lean)) * yes
    spread = [
        np.outer([name, 1 - name], [side, 1 - side]).ravel() * share
        for share, name, side in (
            (1 - world.party, named, yes),
            (world.party, world.named_party, suits),
        )
    ]
    return np.concatenate(spread)


def readings(table: pd.DataFrame, world: World) -> dict[str, Floats]:
    """The three readings of each row; the dependency-aware reader knows the true world here."""
    readers = (head_counting, name_counting, dependency_aware)
    return {reader.__name__.replace("_", "-"): reader(table, world) for reader in readers}


def brier(table: pd.DataFrame, forecast: Floats) -> float:
    """The mean of (forecast - truth) squared: 0 best, 1 worst, 0.25 for "half" every time.

    After Brier 1950, Monthly Weather Review 78(1), 1-3, who adds up both outcomes: twice this.
    """
    return _mean_miss(table, forecast, 2)


def standard_error(table: pd.DataFrame, forecast: Floats) -> float:
    """The standard error of `brier`; for an enumerated world the spread of a single dispatch."""
    spread = _mean_miss(table, forecast, 4) - _mean_miss(table, forecast, 2) ** 2
    return math.sqrt(max(spread, 0.0) / table["times"].sum())


def _mean_miss(table: pd.DataFrame, forecast: Floats, power: int) -> float:
    """The mean of |forecast - truth| to a power."""
    chance = _probabilities(table, forecast)
    true = table["true"].to_numpy()
    missed = true * (1 - chance) ** power + (table["times"].to_numpy() - true) * chance**power
    return float(missed.sum() / table["times"].sum())


def _probabilities(table: pd.DataFrame, forecast: Floats) -> Floats:
    """The forecast as an array; ValueError unless it has a probability for each row."""
    chance = np.asarray(forecast, float)
    if chance.shape != (len(table),) or not np.all((chance >= 0) & (chance <= 1)):
        raise ValueError(
            f"The forecast must have one number from 0 to 1 for each of the {len(table)} rows."
        )
    return chance


def calibration(table: pd.DataFrame, forecast: Floats, bins: int = 10) -> pd.DataFrame:
    """A row for each of `bins` equal bins with a forecast in it: mean forecast, share_true, n."""
    chance = _probabilities(table, forecast)
    # Rounded, so that a forecast on the edge of a bin falls on the same side on every machine.
    place = np.minimum(np.floor(np.round(chance * bins, 9)), bins - 1)
    rows = pd.DataFrame({"sum": chance * table["times"], "true": table["true"]})
    total = rows.assign(n=table["times"]).groupby(place).sum()
    means = {"forecast": total["sum"] / total["n"], "share_true": total["true"] / total["n"]}
    return pd.DataFrame({**means, "n": total["n"]}).reset_index(drop=True)
