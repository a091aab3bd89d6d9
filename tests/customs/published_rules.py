"""Product-specific rules as an administration publishes them: their classes and sentences, in our words.

The files are data/rules_of_origin of trade-tariff/trade-tariff-backend (MIT), one agreement a file, gzipped:
rule sets by heading, each rule with its text and its classes. They are not part of this repository.
"""

# ruff: noqa: E501 - the sentences are wider than text
from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

CLASSES = {
    "WO": "WO",
    "CC": "CC",
    "CTH": "CTH",
    "CTSH": "CTSH",
    "RVC": "RVC 40",
    "MAXNOM": "MaxNOM 50",
    "AH": "AH",
    "AH EXCEPT": "AH except 4011, 4012",
    "CTH TOLERANCE MAY BE USED RESTRICTION MAXNOM": "CTH tolerance 20",
    "AH INCLUDING": "AH",
    "AH INCLUDING TOLERANCE MAY BE USED RESTRICTION MAXNOM": "AH and MaxNOM 20 of 8504",
}
"""What a class of theirs reads like here."""
UNSUPPORTED = {
    "PROCESSING": "a process, such as weaving or a chemical reaction, not a change of code or value",
    "PROCESSING_TEXTILE": "a process",
    "PRODUCTION FROM": "materials in words, such as yarn, that no code names",
    "PRODUCTION FROM OR_ENUM PRODUCTION FROM": "materials in words",
    "CTH TOLERANCE MAY BE USED": "materials in words that may be used all the same",
    "MAXWEIGHT": "shares of weight; a bill of materials here has values",
    "AH RESTRICTION MAXWEIGHT": "shares of weight",
    "Insufficient processing": "an act that is too little",
    "SET RESTRICTION MAY BE USED SET RESTRICTION MAXNOM": "sets of goods, each with an origin of its own",
}
"""Classes that no rule here says, and why."""

REFERENCE = re.compile(r"\[(?:sub)?(?:chapter|heading)s?(?:&nbsp;| )([\d.]+)\]\([^)]*\)", re.I)
CODES = r"((?:non-originating )?(?:materials of )?\{\d+\}(?:(?: to |, | and | or |, and )\{\d+\})*)"
PERCENT = r"([\d.]+)%"
ALL_CHANGED = (
    r"All non-originating materials used in the production of the good have undergone a change in tariff "
    r"classification at the (\d)-digit level \((?:chapter|tariff heading|subheading|tariff subheading)\)"
)
OWN = r"(?:Manufacture|Production) from (?:non-originating )?materials of any (heading|subheading)"
EX_WORKS = r"the ex-?\s?works? price of the (?:product|good)"
SENTENCES = [
    (rf"{ALL_CHANGED}(?: except from {CODES})?\.", "change {0}{1:except}"),
    (
        (
            rf"{ALL_CHANGED} and A maximum of {PERCENT} of the ex-works price \(EXW\) is made up of "
            r"non-originating parts \(MAXNOM\)\."
        ),
        "change {0} and MaxNOM {1}",
    ),
    (
        (
            rf"{ALL_CHANGED} and Your goods contain a Regional Value Content \(RVC\) of at least {PERCENT} of "
            r"the Free on Board \(FOB\) cost of the goods\."
        ),
        "change {0} and RVC {1}",
    ),
    (
        (
            rf"A maximum of {PERCENT} of the ex-works price \(EXW\) is made up of non-originating parts "
            r"\(MAXNOM\)\."
        ),
        "MaxNOM {0}",
    ),
    (
        (
            rf"Your goods contain a Regional Value Content \(RVC\) of at least {PERCENT} of the Free on Board "
            r"\(FOB\) cost of the goods\."
        ),
        "RVC {0}",
    ),
    (rf"{OWN}\.", "AH"),
    (rf"{OWN}, except (?:those of )?{CODES}\.", "AH{1:except}"),
    (rf"{OWN},? except that of the (?:product|good)(?: and of {CODES})?\.", "own {0}{1:except}"),
    (
        (
            rf"{OWN},? except that of the (?:product|good) or Manufacture in which the value of all the "
            rf"materials used does not exceed {PERCENT} of {EX_WORKS}\."
        ),
        "own {0} or MaxNOM {1}",
    ),
    (
        (
            rf"{OWN},? except that of the (?:product|good)\. However, materials of the same heading as the "
            rf"(?:product|good) may be used, provided that their total value does not exceed {PERCENT} of "
            rf"{EX_WORKS}\."
        ),
        "own {0} tolerance {1}",
    ),
    (
        (
            rf"(?:Manufacture|Production) in which the value of all the (?:non-originating )?materials used does "
            rf"not exceed {PERCENT} of {EX_WORKS}\."
        ),
        "MaxNOM {0}",
    ),
    (
        (
            rf"(?:Manufacture|Production) in which the value of any materials of {CODES} used does not exceed "
            rf"{PERCENT} of {EX_WORKS}\."
        ),
        "MaxNOM {1}{0:of}",
    ),
    (r"All goods must be wholly obtained\.", "WO"),
    (
        (
            rf"(?:Manufacture|Production) in which all the materials of {CODES} used are wholly obtained"
            r"(?: in the country or territory)?\."
        ),
        "WO{0:of}",
    ),
    (
        (
            rf"All (?:animals|live animals|goods|products|plants|vegetables|fruit)? ?of {CODES} are wholly "
            r"obtained\."
        ),
        "WO",
    ),
]
"""Whole sentences and what they are here. Anything more or less in a sentence, and it is left alone."""
LEVELS = {"2": "CC", "4": "CTH", "6": "CTSH", "heading": "CTH", "subheading": "CTSH"}


def published(folder: Path) -> Iterator[tuple[str, list[str], str]]:
    """Every rule: its agreement, its classes and its text."""
    for file in sorted(folder.glob("roo_*.json.gz")):
        content = json.loads(gzip.decompress(file.read_bytes()))
        for rule_set in content.get("rule_sets", []):
            for rule in rule_set["rules"]:
                yield file.name.split(".")[0].removeprefix("roo_"), rule["class"], rule["rule"]


def in_our_words(text: str) -> str | None:
    """A published sentence as text that `read_rule` reads, or None if it says more than a rule here can."""
    text = re.sub(r"<abbr[^>]*>.*?</abbr>:\s*", "", text).replace("*", "")
    text = REFERENCE.sub(lambda found: f"{{{found[1].zfill(2)}}}", text)
    text = " ".join(text.replace("&nbsp;", " ").split())
    for sentence, words in SENTENCES:
        found = re.fullmatch(sentence, text)
        if found:
            return _filled(words, [each or "" for each in found.groups()])
    return None


def _filled(words: str, groups: list[str]) -> str:
    """Words with what a sentence said: {0} as it is, {0:except} with that word before it, or nothing."""
    said = [_listed(each) if "{" in each else each for each in groups]

    def filled(found: re.Match[str]) -> str:
        level, place, word = found.groups()
        told = said[int(place)]
        if level:
            return LEVELS[told]
        return f" {word} {told}" * bool(told) if word else told

    return re.sub(r"(change |own )?\{(\d)(?::(\w+))?\}", filled, words)


def _listed(codes: str) -> str:
    """Codes in braces as a list: {0401} to {0406} and {1901} is 0401-0406, 1901."""
    found = re.findall(r"\{(\d+)\}( to )?", codes)
    return "".join(f"{code}{'-' if to else ', '}" for code, to in found).removesuffix(", ")
