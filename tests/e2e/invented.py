"""A hundred invented firms, and rules that know nothing else: each is a development of its own."""

from __future__ import annotations

import json
from pathlib import Path

HEADS = ("Bra", "Cul", "Dro", "Fen", "Gim", "Hux", "Jov", "Kel", "Mor", "Nix")
TAILS = ("aldo", "bury", "cetta", "dine", "evo", "fara", "gund", "holm", "istan", "jara")
FIRMS = tuple(head + tail for tail in TAILS for head in HEADS)
WATCHLIST = "invented-firms"


def headline(firm: str) -> str:
    """Return what an outlet writes when `firm` is sued."""
    return f"Regulator sues {firm} over unregistered tokens"


def write_rules(place: Path) -> Path:
    """Write rules under which every headline above rings by itself; return their folder."""
    rules = place / "rules"
    firms = {firm.lower(): {"name": firm, "kind": "company", "aliases": [firm]} for firm in FIRMS}
    complaint = {"kind": "complaint", "severity": "high", "when": "sues"}
    watchlist = {
        "title": "Invented firms",
        "severity": "high",
        "when": {"all": ["sues", {"any": [f"@{slug}" for slug in firms]}]},
        "examples": {"match": [headline(FIRMS[0])], "no_match": [f"{FIRMS[0]} opens a shop"]},
    }
    (rules / "watchlists").mkdir(parents=True)
    # JSON is YAML.
    (rules / "entities.yaml").write_text(json.dumps({"entities": firms}, indent=1))
    (rules / "events.yaml").write_text(json.dumps({"events": [complaint], "quiet": []}, indent=1))
    (rules / "watchlists" / f"{WATCHLIST}.yaml").write_text(json.dumps(watchlist, indent=1))
    return rules
