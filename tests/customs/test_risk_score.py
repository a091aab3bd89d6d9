"""The risk score finds more than goods alone, is the same every time, and says why."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from risk_made_up import history
from test_risk_encoding import leave_one_out

from tasviya.core.errors import OperatorError
from tasviya.customs import risk_encoding, risk_score
from tasviya.customs.risk_history import History, part_of, read_history, together
from tasviya.customs.risk_report import at_shares
from tasviya.customs.risk_score import (
    RiskModel,
    Settings,
    dump,
    explain,
    hit_rates_by_goods,
    load,
    score,
    train,
)

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data"
KOREAN = SHARED / "customs" / "risk"
FEW = Settings(rounds=60, leaves=15)
PAST = read_history(history(4000, 1), "past.csv", labelled=True)
LATER = read_history(history(2000, 2), "later.csv", labelled=True)


@pytest.fixture(scope="module")
def model() -> RiskModel:
    pytest.importorskip("lightgbm", reason="the extra risk is not installed")
    return train(PAST, FEW)


def precision(scores: np.ndarray, of: History = LATER, percent: int = 5) -> float:
    return at_shares(scores, of.labels, of.revenue, [percent])[0].precision


def test_it_finds_far_more_than_chance_and_more_than_goods_alone(model: RiskModel) -> None:
    """By made-up chances, half and more of the likeliest lines have a finding, and a sixth of all."""
    found, by_goods = precision(score(model, LATER)), precision(hit_rates_by_goods(model, LATER))
    assert LATER.labels.mean() < 0.25
    assert found > 0.55 and found > by_goods + 0.2


def test_the_same_history_gives_the_same_model_to_the_byte(model: RiskModel) -> None:
    assert dump(train(PAST, FEW)) == dump(model)
    assert (score(load(dump(model), "m"), LATER) == score(model, LATER)).all()


def test_leave_one_out_would_spoil_the_model(model: RiskModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same trees, trained on numbers that tell their labels, find little later."""
    monkeypatch.setattr(risk_score, "out_of_fold", lambda column, labels, *_: leave_one_out(column, labels))
    spoilt = train(PAST, FEW)
    assert precision(score(spoilt, LATER)) < precision(score(model, LATER)) - 0.1


def test_labels_at_random_are_not_foretold() -> None:
    """2,000 coins of one sixth; the highest 10 % have a standard deviation of 0.026; four either way."""
    pytest.importorskip("lightgbm", reason="the extra risk is not installed")
    drawn = np.random.default_rng(3)
    past = History(PAST.ids, PAST.categories, PAST.numbers, drawn.permutation(PAST.labels))
    later = History(LATER.ids, LATER.categories, LATER.numbers, drawn.permutation(LATER.labels))
    found = precision(score(train(past, FEW), later), later, 10)
    assert abs(found - later.labels.mean()) < 0.11


def test_reasons_name_what_was_found_before(model: RiskModel) -> None:
    highest = [int(each) for each in np.argsort(-score(model, LATER), kind="stable")[:20]]
    told = explain(model, part_of(LATER, highest))
    assert all(1 <= len(each) <= 3 for each in told)
    assert any(
        "importer_id+hs6_code" in reason and "found before" in reason for each in told for reason in each
    )


def test_a_file_that_is_no_model_is_refused(model: RiskModel) -> None:
    whole = dump(model)
    tree = json.loads(whole)
    tree["encodings"][0]["tables"]["0"] = [5, 4]
    more_than_all = json.dumps(tree).encode()
    for raw in (
        more_than_all,
        b"",
        b"{}",
        b"[]",
        b"\xff",
        whole.replace(b"tasviya-risk-1", b"tasviya-risk-9"),
        whole[:-20],
    ):
        with pytest.raises(OperatorError) as stopped:
            load(raw, "m.json")
        assert (stopped.value.refusal.reason, stopped.value.refusal.where) == ("RK07", "m.json")
    for spoilt in (RiskModel(model.encodings, "no trees"), RiskModel({}, model.trees)):
        with pytest.raises(OperatorError) as stopped:
            score(spoilt, LATER)
        assert stopped.value.refusal.reason == "RK07"


def test_lines_without_a_category_that_was_learnt_are_refused(model: RiskModel) -> None:
    rest = {name: column for name, column in LATER.categories.items() if name != "seller_id"}
    with pytest.raises(OperatorError) as stopped:
        score(model, History(LATER.ids, rest, LATER.numbers, None))
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == ("RK08", "seller_id")


def test_too_little_to_learn_from_is_refused(model: RiskModel) -> None:
    with pytest.raises(OperatorError) as stopped:
        train(part_of(PAST, [place for place in range(len(PAST)) if not PAST.labels[place]]), FEW)
    assert stopped.value.refusal.reason == "RK06"


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(OperatorError) as stopped:
        train(PAST, FEW)
    assert stopped.value.refusal.reason == "RK05" and "tasviya[risk]" in stopped.value.refusal.cure


# --- what is read, and what is reported -----------------------------------------------------------------


def test_a_history_is_read_with_its_zeros_back() -> None:
    assert set(PAST.categories) == {
        "office_id", "declarant_id", "importer_id", "seller_id", "hs6_code", "country_of_origin",
    }  # fmt: skip
    assert "090111" in set(PAST.categories["hs6_code"])
    assert PAST.category("hs6_code:4")[0] == PAST.categories["hs6_code"][0][:4]
    both = together([PAST, LATER])
    assert len(both) == 6000 and int(both.labels.sum()) == int(PAST.labels.sum()) + int(LATER.labels.sum())
    assert PAST.revenue[0] == PAST.numbers["item_price"][0] * PAST.numbers["tax_rate"][0] / 100
    with pytest.raises(ValueError, match="no history"):
        together([])


HEAD = "hs6_code,net_mass,item_price,tax_rate,fraud\n"


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("", "RK01", "f"),
        (HEAD, "RK01", "f"),
        (HEAD + "090111,1,1,1\n", "RK01", "f:2"),
        (HEAD + '"090111,1,1,1,0\n', "RK01", "f:2"),
        (HEAD.replace(",fraud", ""), "RK02", "f:1"),
        (HEAD.replace("net_mass", "tax_rate"), "RK02", "f:1"),
        (HEAD.replace("fraud", "fraud,Fraud"), "RK02", "f:1"),
        (HEAD + "090111,1,1,1,0\n\n090111,nan,1,1,0\n", "RK03", "f:4 net_mass"),
        (HEAD + "090111,1,-1,1,0\n", "RK03", "f:2 item_price"),
        (HEAD + "090111,1,1,much,0\n", "RK03", "f:2 tax_rate"),
        (HEAD + "090111,1,1,1,2\n", "RK04", "f:2 fraud"),
    ],
)
def test_a_mistake_in_a_history_has_its_place(text: str, code: str, where: str) -> None:
    with pytest.raises(OperatorError) as stopped:
        read_history(text.encode(), "f", labelled=True)
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == (code, where)


def test_a_report_by_hand() -> None:
    """Ten lines; of the two highest one has a finding, of three; it has 60 of their 100 of tax."""
    scores = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], dtype=float)
    labels = np.array([0, 1, 0, 0, 0, 1, 0, 0, 0, 1])
    revenue = np.array([500, 60, 1, 1, 1, 30, 1, 1, 1, 10], dtype=float)
    one, two = at_shares(scores, labels, revenue, [10, 20])
    assert (one.lines, one.found, one.precision, one.recall) == (1, 0, 0, 0)
    assert (two.lines, two.found, two.precision) == (2, 1, 0.5)
    assert (two.recall, two.revenue_recall) == pytest.approx((1 / 3, 0.6))
    (none,) = at_shares(scores, np.zeros(10, dtype=np.int64), revenue, [1])
    assert (none.lines, none.recall, none.revenue_recall) == (1, 0, 0)


@pytest.mark.slow
@pytest.mark.skipif(not KOREAN.exists(), reason="the synthetic Korean declarations are not at hand")
def test_the_korean_declarations() -> None:
    """Trained on 2020, tested on the second quarter of 2021: at least what the reference figures are."""
    pytest.importorskip("lightgbm", reason="the extra risk is not installed")
    past, later = (
        read_history(gzip.decompress((KOREAN / f"kcs_{name}.csv.gz").read_bytes()), name, labelled=True)
        for name in ("train", "test")
    )
    made = train(past)
    five, ten = at_shares(score(made, later), later.labels, later.revenue, [5, 10])
    assert five.precision >= 0.849 and ten.precision >= 0.742
    goods = at_shares(hit_rates_by_goods(made, later), later.labels, later.revenue, [5, 10])
    assert five.precision > goods[0].precision + 0.25 and ten.precision > goods[1].precision + 0.25


def test_unknown_categories_have_the_rate_of_the_whole() -> None:
    made = risk_encoding.fit(PAST.categories["hs6_code"], PAST.labels)
    assert made.rate("999999") == PAST.labels.mean()
