"""Draw short invented dispatches: numbered sentences, their codes, and the truth behind them.

Places, people and matters are made up and harmless. The codes follow data/codebook.md. The same
seed gives the same dispatch everywhere: only `random.Random`, seeded with a text, is used.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

REPORTERS = "S00"


@dataclass(frozen=True)
class Proposition:
    """What could be true: a subject and the participle of what it is said to have done."""

    subject: str
    done: str

    def reported(self, sign: str) -> str:
        """After "said": the council had (not) approved the seal."""
        return f"{self.subject} had{_not(sign)} {self.done}"

    def possible(self, sign: str, modal: str) -> str:
        """The council may (not) have approved the seal."""
        return f"{self.subject} {modal}{_not(sign)} have {self.done}"

    def spoken(self, sign: str) -> str:
        """In a quotation: The council has (not) approved the seal."""
        return _upper(f"{self.subject} has{_not(sign)} {self.done}")


@dataclass(frozen=True)
class Matter:
    """What a dispatch is about: an event all agree on, an institution, and four propositions."""

    event: tuple[str, str]  # what happened {day} in {place}; what followed, with a number
    council: str
    head: str
    watchdog: str
    staff: tuple[str, str]  # one, several
    meeting: str
    expert: str
    propositions: tuple[Proposition, ...]


@dataclass
class Group:
    """A source group: how the text calls it, and the codes of the codebook."""

    first: str
    again: str
    source_type: str
    naming: str
    n_min: int
    n_max: int | None
    proximity: str
    people: int  # how many there really are
    chain_len: int = 1
    plural: bool = False
    verb: str = "said"
    verb_again: str = "also said"
    aside: str = ""  # a claim of the reporters about this source
    vague: str = ""  # the cue, where the source phrase itself is vague
    id: str = ""
    spoken_in: list[int] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What the group is called in a table."""
        name = self.first.rstrip(",")
        return name if self.naming == "NAMED" else _lower(name)


@dataclass(frozen=True)
class Truth:
    """What no reader can see: which propositions hold, and how many people each group has."""

    facts: dict[str, bool]
    people: dict[str, int]


@dataclass(frozen=True)
class Dispatch:
    """A drawn dispatch: numbered sentences, one row per group and per claim, the truth apart."""

    text: str
    groups: pd.DataFrame
    claims: pd.DataFrame
    truth: Truth


def draw(seed: str | int) -> Dispatch:
    """The dispatch of a seed: 6 to 10 sentences, 3 to 5 source groups, the reporters aside."""
    return _Writer(random.Random(f"dispatch {seed}")).write()


# What the sentences are made of. Numbers in `event` are the only digits that a dispatch has.

MATTERS = (
    Matter(
        ("the roof of the new library in {place} began to leak on {day}",
         "about {n} shelves had to be emptied"),
        "the town council", "who chairs the town council", "the building inspectorate",
        ("a clerk in the planning office", "clerks in the planning office"),
        "the budget meeting in March", "who teaches roof building",
        (Proposition("the council", "chosen the cheaper sealant"),
         Proposition("the builder", "skipped the last test of the roof"),
         Proposition("the mayor", "known of the cracks"),
         Proposition("the insurer", "refused to pay for the damage")),
    ),
    Matter(
        ("the ferry to {place} stopped running on {day}",
         "around {n} passengers spent the night in a school hall"),
        "the ferry company", "who runs the ferry company", "the harbour authority",
        ("a mechanic at the yard", "mechanics at the yard"),
        "the safety meeting in June", "who writes about shipping",
        (Proposition("the company", "put off the repair of the engine"),
         Proposition("the captain", "asked for a new pump"),
         Proposition("the yard", "sent the wrong part"),
         Proposition("the owner", "planned to sell the ferry")),
    ),
    Matter(
        ("the night market in {place} was closed on {day}",
         "about {n} stallholders lost their pitch"),
        "the market board", "who heads the market board", "the audit office",
        ("an inspector at the board", "inspectors at the board"),
        "the licence meeting in May", "who studies street trade",
        (Proposition("the board", "promised the site to a hotel"),
         Proposition("the hotel", "paid for the new fence"),
         Proposition("the board’s lawyer", "advised against the closure"),
         Proposition("the mayor", "asked for the closure")),
    ),
    Matter(
        ("the science museum in {place} took its oldest telescope off display on {day}",
         "nearly {n} visitors asked for their money back"),
        "the museum", "who directs the museum", "the heritage office",
        ("a guard at the museum", "guards at the museum"),
        "the staff meeting in April", "who restores old instruments",
        (Proposition("the museum", "lent the telescope to a collector"),
         Proposition("the restorer", "broken the main lens"),
         Proposition("the collector", "offered to buy the telescope"),
         Proposition("the director", "known of the loan")),
    ),
    Matter(
        ("the tram to {place} was cut to one car an hour on {day}",
         "some {n} commuters signed a protest on the first morning"),
        "the transport office", "who heads the transport office", "the passenger council",
        ("a planner in the transport office", "planners in the transport office"),
        "the timetable meeting in August", "who models city traffic",
        (Proposition("the office", "hidden a report on the drivers"),
         Proposition("the depot", "run out of spare wheels"),
         Proposition("the minister", "agreed to the cut"),
         Proposition("the union", "warned of the shortage")),
    ),
    Matter(
        ("the school kitchens in {place} threw away a week of bread on {day}",
         "roughly {n} pupils went home for lunch"),
        "the school board", "who chairs the school board", "the food inspectorate",
        ("a cook in one of the kitchens", "cooks in the kitchens"),
        "the supply meeting in September", "who tests flour for a living",
        (Proposition("the board", "signed with a new baker"),
         Proposition("the baker", "stored the flour in a damp cellar"),
         Proposition("the head cook", "complained about the flour"),
         Proposition("the mill", "offered to replace the bread")),
    ),
    Matter(
        ("a fountain in the main square of {place} ran purple on {day}",
         "about {n} people came to look"),
        "the water company", "who runs the water company", "the health office",
        ("a technician at the pumping station", "technicians at the pumping station"),
        "the festival meeting in July", "who teaches chemistry",
        (Proposition("the company", "tested a dye in the pipes"),
         Proposition("the festival", "ordered the colour"),
         Proposition("the company", "informed the hospital"),
         Proposition("the night shift", "opened the wrong valve")),
    ),
    Matter(
        ("the chess club of {place} withdrew from the national league on {day}",
         "almost {n} members left within the week"),
        "the chess federation", "who leads the chess federation", "the sports tribunal",
        ("an arbiter of the league", "arbiters of the league"),
        "the rules meeting in February", "who wrote a history of the league",
        (Proposition("the federation", "altered the result of one match"),
         Proposition("the club", "missed the deadline for its fee"),
         Proposition("the treasurer", "lent the club money"),
         Proposition("the federation", "received a complaint about the match")),
    ),
)  # fmt: skip
PLACES = ("Ardle", "Mossby", "Kestwick", "Tolney", "Varrow", "Ondle", "Pellamy", "Quarne",
          "Sundry Hill", "Wexcombe", "Lower Tarn", "Brindle Bay")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
NAMES = (("Mara", "she"), ("Ivo", "he"), ("Tessa", "she"), ("Orrin", "he"), ("Liv", "she"),
         ("Bram", "he"), ("Noor", "she"), ("Emeric", "he"), ("Sunniva", "she"), ("Alaric", "he"),
         ("Petra", "she"), ("Casimir", "he"))  # fmt: skip
SURNAMES = ("Quill", "Brandt", "Ferrow", "Hask", "Ottley", "Penrice", "Sorrel", "Tindall", "Umber",
            "Vance", "Wickert", "Yarrow", "Dalgleish", "Ekwall", "Marchetti", "Okoro")  # fmt: skip
RELATIVES = ("brother", "sister", "cousin", "neighbour")
REASONS = (
    "they feared for their jobs",
    "they were not allowed to speak to reporters",
    "the matter is under review",
    "their contracts forbid it",
)
# number word -> fewest, most, how the text takes the group up again
COUNTS: dict[str, tuple[int, int | None]] = {
    "two": (2, 2), "three": (3, 3), "four": (4, 4), "several": (3, None), "some": (2, None),
}  # fmt: skip
# how often a statement is true, by the access that the text gives the source
RELIABILITY = {"DIRECT": 0.85, "INSTITUTIONAL": 0.6, "INSIDER_UNSPEC": 0.7, "BRIEFED": 0.65,
               "RELAYED": 0.6, "ANALYST": 0.6}  # fmt: skip
MODALS = ("may", "might")
BELIEFS = ("believed", "suspected")
BOOSTERS = (("it was certain that", "certain"), ("there was no doubt that", "no doubt"))
QUANTITIES = ("about", "around", "nearly", "some", "roughly", "almost")


class _Writer:
    """One dispatch in the making."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.matter = rng.choice(MATTERS)
        self.place, self.day = rng.choice(PLACES), rng.choice(DAYS)
        self.people = list(zip(rng.sample(NAMES, 5), rng.sample(SURNAMES, 5), strict=True))
        self.facts = [rng.random() < 0.5 for _ in self.matter.propositions]
        self.groups: list[Group] = []
        self.sentences: list[str] = []
        self.claims: list[dict[str, Any]] = []
        self.said: set[tuple[str, int]] = set()

    def write(self) -> Dispatch:
        """Lead, statements, close; then the tables."""
        rng = self.rng
        waiting = self._cast()
        statements = len(waiting) + rng.choice((1, 2, 3))
        self._lead()
        while len(self.sentences) < 1 + statements:
            able = self._able()
            if not waiting and not able:
                break  # all have said all they can
            left = 1 + statements - len(self.sentences)
            if waiting and (not able or left <= len(waiting) or rng.random() < 0.75):
                self._statement(self._join(waiting.pop(0)))
            else:
                self._statement(rng.choice(able))
        self._close()
        return Dispatch(
            "\n".join(f"{n}. {text}" for n, text in enumerate(self.sentences, 1)),
            self._group_table(),
            self._claim_table(),
            Truth(
                {f"Q{n:03}": fact for n, fact in enumerate(self.facts, 1)},
                {group.id: group.people for group in self.groups},
            ),
        )

    # -- who speaks

    def _cast(self) -> list[Group]:
        """Three to five groups, at least one of them named and one not."""
        rng = self.rng
        named = [self._official(), self._witness(), self._expert(), self._relayed()]
        unnamed = [self._insiders(), self._participants(), self._briefed(), self._close_to()]
        cast = [rng.choice(named), rng.choice(unnamed)]
        others = [group for group in (*named, *unnamed) if group not in cast]
        others.append(self._watchdog())
        cast += rng.sample(others, rng.choice((1, 2, 3)))
        rng.shuffle(cast)
        return cast

    def _person(self, number: int, role: str) -> tuple[str, str, str]:
        (name, pronoun), surname = self.people[number]
        return f"{name} {surname}, {role},", surname, pronoun

    def _official(self) -> Group:
        first, again, _ = self._person(0, self.matter.head)
        return Group(first, again, "NAMED_OFFICIAL", "NAMED", 1, 1, "INSTITUTIONAL", 1)

    def _witness(self) -> Group:
        first, again, _ = self._person(1, f"who took the minutes at {self.matter.meeting}")
        return Group(first, again, "NAMED_OFFICIAL", "NAMED", 1, 1, "DIRECT", 1)

    def _expert(self) -> Group:
        first, again, _ = self._person(2, self.matter.expert)
        return Group(first, again, "EXPERT", "NAMED", 1, 1, "ANALYST", 1)

    def _relayed(self) -> Group:
        first, again, pronoun = self._person(3, "who sits on the district council")
        own, them = {"she": ("her", "her"), "he": ("his", "him")}[pronoun]
        teller = f"{own} {self.rng.choice(RELATIVES)}"
        group = Group(first, again, "NAMED_OFFICIAL", "NAMED", 1, 1, "RELAYED", 1, chain_len=2)
        group.verb = f"said {teller}, {self.matter.staff[0]}, had told {them} that"
        group.verb_again = f"also said {teller} had told {them} that"
        return group

    def _insiders(self) -> Group:
        count = self.rng.choice(tuple(COUNTS))
        return self._several(count, self.matter.staff[1], "UNNAMED_OFFICIAL", "INSIDER_UNSPEC")

    def _participants(self) -> Group:
        count = self.rng.choice(("two", "three", "several"))
        group = self._several(count, "people", "UNNAMED_PARTICIPANT", "DIRECT")
        reason = self.rng.choice(REASONS)
        who = f"who attended {self.matter.meeting}"
        group.first = f"{_upper(count)} people {who} and asked not to be named because {reason}"
        group.again = "The people who attended the meeting"
        group.naming = "CONFIDENTIAL"
        group.aside = f"The people at the meeting asked not to be named because {reason}."
        return group

    def _briefed(self) -> Group:
        count = self.rng.choice(("two", "three", "several"))
        group = self._several(count, f"{self.matter.staff[1]}", "UNNAMED_OFFICIAL", "BRIEFED")
        group.first = f"{group.first} who were briefed only afterwards"
        group.again = "Those who were briefed afterwards"
        group.chain_len = 2
        group.aside = f"{_upper(self.matter.staff[1])} were briefed only afterwards."
        return group

    def _close_to(self) -> Group:
        group = self._several("some", f"people close to {self.matter.council}", "UNNAMED_INSIDER",
                              "INSIDER_UNSPEC")  # fmt: skip
        group.again = f"The people close to {self.matter.council}"
        group.vague = "Some people close to"
        return group

    def _watchdog(self) -> Group:
        name = self.matter.watchdog
        people = self.rng.randint(1, 6)
        return Group(_upper(name), _upper(name), "INSTITUTION", "INSTITUTION", 1, None,
                     "INSTITUTIONAL", people)  # fmt: skip

    def _several(self, count: str, who: str, source_type: str, proximity: str) -> Group:
        fewest, most = COUNTS[count]
        exact = most is not None
        people = fewest if exact else fewest + self.rng.randint(0, 3)
        again = f"The {count} {who}" if exact else f"The {who}"
        return Group(f"{_upper(count)} {who}", again, source_type, "UNIDENTIFIED", fewest, most,
                     proximity, people, plural=True)  # fmt: skip

    def _join(self, group: Group) -> Group:
        group.id = f"S{len(self.groups) + 1:02}"
        self.groups.append(group)
        return group

    # -- what is said

    def _lead(self) -> None:
        low = self.rng.randrange(30, 400, 10)
        happened, followed = (text.format(place=self.place, day=self.day, n=low)
                              for text in self.matter.event)  # fmt: skip
        self.sentences.append(f"{_upper(happened)}, and {followed}.")
        cue = next(word for word in followed.split() if word in QUANTITIES)
        own = {"author_stance": "OWN"}
        self._claim(None, "Q101", f"{_upper(happened)}.", **own)
        plain = _upper(followed.replace(f"{cue} ", "", 1))
        self._claim(None, "Q102", f"{plain}.", cue_min=cue, hedge_type="QUANT", **own)

    def _able(self) -> list[Group]:
        """The groups that can speak again: not twice running, not twice on one proposition."""
        last = len(self.sentences)
        return [g for g in self.groups if g.spoken_in[-1] != last and self._topics(g)]

    def _topics(self, group: Group) -> list[int]:
        return [n for n in range(len(self.matter.propositions)) if (group.id, n) not in self.said]

    def _statement(self, group: Group) -> None:
        """One sentence of a group, on a proposition that it has not spoken about."""
        rng = self.rng
        topics = self._topics(group)
        topic = 0 if 0 in topics and rng.random() < 0.5 else rng.choice(topics)
        sign = "+" if self.facts[topic] == (rng.random() < RELIABILITY[group.proximity]) else "-"
        self.said.add((group.id, topic))
        self.sentences.append("")
        forms: list[Callable[[Group, int, str], str]] = [self._plain, self._modal]
        if group.proximity != "RELAYED":
            forms += [self._quoted, self._boosted, self._double]
            forms += [self._believed] if group.plural else []
            forms += [self._no_sign] * 3 if group.source_type == "INSTITUTION" else []
        self.sentences[-1] = rng.choice(forms)(group, topic, sign)
        group.spoken_in.append(len(self.sentences))

    def _opening(self, group: Group) -> tuple[str, str]:
        """Subject and verb of a statement, at a first mention or later."""
        if not group.spoken_in:
            return group.first, group.verb
        return group.again, group.verb_again

    def _plain(self, group: Group, topic: int, sign: str) -> str:
        self._codes(group, topic, sign)
        subject, verb = self._opening(group)
        return f"{subject} {verb} {self.matter.propositions[topic].reported(sign)}."

    def _modal(self, group: Group, topic: int, sign: str) -> str:
        modal = self.rng.choice(MODALS)
        self._codes(group, topic, sign, modal, "EPIST_MODAL", 1)
        subject, verb = self._opening(group)
        return f"{subject} {verb} {self.matter.propositions[topic].possible(sign, modal)}."

    def _believed(self, group: Group, topic: int, sign: str) -> str:
        belief = self.rng.choice(BELIEFS)
        self._codes(group, topic, sign, belief, "EPIST_LEX", 2)
        subject, verb = self._opening(group)
        reported = self.matter.propositions[topic].reported(sign)
        return f"{subject} {verb} they {belief} that {reported}."

    def _boosted(self, group: Group, topic: int, sign: str) -> str:
        booster, cue = self.rng.choice(BOOSTERS)
        self._codes(group, topic, sign, cue, "BOOSTER", 4)
        subject, verb = self._opening(group)
        return f"{subject} {verb} {booster} {self.matter.propositions[topic].reported(sign)}."

    def _quoted(self, group: Group, topic: int, sign: str) -> str:
        """A quotation; of several people, one is quoted, once the group is known."""
        if group.plural and not group.spoken_in:
            return self._plain(group, topic, sign)
        self._codes(group, topic, sign, quote="Y")
        who = group.again if group.spoken_in else group.first.rstrip(",")
        who = who if group.naming == "NAMED" else _lower(who)
        one = "one of " if group.plural else ""
        spoken = self.matter.propositions[topic].spoken(sign)
        return f"“{spoken},” said {one}{who}."

    def _double(self, group: Group, topic: int, sign: str) -> str:
        """Two claims in one sentence, where a second topic is left."""
        others = self._topics(group)
        if not others:
            return self._plain(group, topic, sign)
        other = self.rng.choice(others)
        true = self.rng.random() < RELIABILITY[group.proximity]
        other_sign = "+" if self.facts[other] == true else "-"
        self.said.add((group.id, other))
        subject, verb = self._opening(group)
        self._codes(group, topic, sign)
        self._codes(group, other, other_sign, aside=False)
        first = self.matter.propositions[topic].reported(sign)
        second = self.matter.propositions[other].reported(other_sign)
        return f"{subject} {verb} that {first} and that {second}."

    def _no_sign(self, group: Group, topic: int, _sign: str) -> str:
        proposition = self.matter.propositions[topic]
        found = f"{group.first} has found a sign that {proposition.reported('+')}."
        evidence = {"polarity": "-", "kind": "EVIDENCE_STATE", "event_value": "Uu"}
        self._claim(group, f"Q{len(self.claims) + 110:03}", found, cue_min="found no sign",
                    hedge_type="NEG_EVID", **evidence)  # fmt: skip
        subject, verb = self._opening(group)
        return f"{subject} {verb} it had found no sign that {proposition.reported('+')}."

    def _close(self) -> None:
        topic = self.rng.randrange(len(self.matter.propositions))
        proposition = self.matter.propositions[topic]
        if self.rng.random() < 0.5:
            self.sentences.append(f"It is not clear whether {proposition.reported('+')}.")
            self._claim(None, f"Q{topic + 1:03}", f"{proposition.spoken('+')}.", kind="OPEN",
                        certainty=0, event_value="Uu", author_stance="OWN")  # fmt: skip
            return
        group = self.rng.choice(self.groups)
        again = group.again if group.naming == "NAMED" else _lower(group.again)
        self.sentences.append(f"What {again} said could not be checked with anyone else.")
        what = f"What {again} said was checked with somebody else."
        self._claim(None, "Q103", what, polarity="-", kind="EVIDENCE_STATE", event_value="Uu",
                    author_stance="DISCLAIMS")  # fmt: skip

    # -- codes

    def _codes(
        self, group: Group, topic: int, sign: str, cue: str = "", hedge: str = "NONE",
        certainty: int = 3, quote: str = "N", aside: bool = True,
    ) -> None:  # fmt: skip
        """The row of one statement, and at a first mention that of the aside about its source."""
        if group.aside and aside and not group.spoken_in:
            self._claim(None, f"Q{len(self.claims) + 110:03}", group.aside, kind="SOURCING",
                        author_stance="OWN")  # fmt: skip
        if group.vague and not group.spoken_in:
            cue = f"{cue} | {group.vague}" if cue else group.vague
            hedge = f"{hedge}+ATTRIB" if hedge != "NONE" else "ATTRIB"
        level = {4: "CT", 3: "CT", 2: "PR", 1: "PS"}[certainty]
        proposition = self.matter.propositions[topic].spoken("+")
        self._claim(group, f"Q{topic + 1:03}", f"{proposition}.", polarity=sign, cue_min=cue,
                    hedge_type=hedge, certainty=certainty, event_value=level + sign,
                    quote=quote)  # fmt: skip

    def _claim(self, group: Group | None, prop_id: str, proposition: str, **codes: Any) -> None:
        """Add a row; what `codes` does not say has the plainest code."""
        source = {
            "source_id": group.id if group else REPORTERS,
            "source_type": group.source_type if group else "AUTHOR",
            "naming": group.naming if group else "NA",
            "n_min": group.n_min if group else None,
            "n_max": group.n_max if group else None,
            "proximity": group.proximity if group else "NONE",
            "chain_len": group.chain_len if group else 0,
        }
        row = {
            "claim_id": f"D{len(self.claims) + 1:03}",
            "prop_id": prop_id,
            "paragraph": 1,
            "sentence": len(self.sentences),
            "proposition": proposition,
            "polarity": "+",
            "kind": "EVENT",
            "presupposed": "N",
            **source,
            "custody": "N",
            "quote": "N",
            "cue_min": "",
            "hedge_type": "NONE",
            "certainty": 3,
            "event_value": "CT+",
            "author_stance": "NEUTRAL",
        }
        self.claims.append({**row, **codes})

    def _claim_table(self) -> pd.DataFrame:
        return _table({name: [row[name] for row in self.claims] for name in self.claims[0]})

    def _group_table(self) -> pd.DataFrame:
        names = ("label", "source_type", "naming", "n_min", "n_max")
        columns: dict[str, list[Any]] = {"source_id": [group.id for group in self.groups]}
        columns |= {name: [getattr(group, name) for group in self.groups] for name in names}
        spoken = [";".join(map(str, group.spoken_in)) for group in self.groups]
        return _table(columns | {"sentences": spoken})


def _table(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """A table, bounds as whole numbers that may be missing; column by column, for speed."""
    bounds = {name: pd.array(columns[name], dtype="Int64") for name in ("n_min", "n_max")}
    return pd.DataFrame(columns | bounds)


def _not(sign: str) -> str:
    return " not" if sign == "-" else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
