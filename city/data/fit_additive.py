"""Fits the demonstration's published additive model, scores every record with it, and measures it.

Reads credit.csv and citizens.csv; writes, the same bytes every time,

- city/story/models/credit-additive-1.json: the model, in whole numbers;
- city/data/credit-additive-scores.csv: every record's score, computed from that file by whole-number arithmetic, for the
  city's programs to be compared with;
- city/story/disclosures/credit-additive-1.json: how good the model is and whom it lets pass.

How to run it: README.md in this folder.
"""

import csv
import json
import math
import sys
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Json = dict[str, Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CITY = Path(__file__).resolve().parent.parent
CREDIT = CITY / "data/credit.csv"
CITIZENS = CITY / "data/citizens.csv"
SCORES = CITY / "data/credit-additive-scores.csv"
SCHEMA = CITY / "story/schemas/credit-factors-1.json"
POLICY = CITY / "story/policies/fast-lane-2.json"
MODEL = CITY / "story/models/credit-additive-1.json"
DISCLOSURE = CITY / "story/disclosures/credit-additive-1.json"

SEED = 1
FOLDS = 5
# The scale of credit-scorecard/1: units of 1/1000 point, 600 points for odds of 20:1, 50 points to double the odds.
UNITS, ANCHOR, ODDS, DOUBLING = 1000, 600, 20, 50
# Points are whole: anybody can add them up, steps that hardly differ become one, and the last bits of another processor's
# floating point do not show.
ROUNDING = UNITS
# Steps of a curve at most, as circuits/src/score.rs has it. The library counts two more: gaps, and values never seen.
BINS = 16
# Fewer records than these say nothing of a group, nor of what a gap means.
FEWEST = 20
# Whether more of an attribute may only raise the score or only lower it. It costs no accuracy (README.md), and nobody
# loses points by earning more or owing less.
DIRECTIONS = {
    "seniority_years": 1,
    "bad_records": -1,
    "fixed_job": 1,
    "owns_home": 1,
    "expenses": -1,
    "income": 1,
    "assets": 1,
    "debt": -1,
}
# The day on which the invented people are as old as the data set says: 4,451 of 4,454 are.
AGES_ON = date(2026, 11, 22)


@dataclass(frozen=True)
class Record:
    """One line of credit.csv, and the person's age."""

    id_number: str
    good: bool
    age: int
    home: str
    # The attributes of credit-factors/1; `None` is a gap.
    factors: dict[str, int | None]


def main() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    records = read_records()
    write_json(MODEL, fit_additive(schema, records))
    model = json.loads(MODEL.read_text("utf-8"))
    scores = [score_units(model, record) for record in records]
    write_scores(records, scores)
    write_json(DISCLOSURE, disclosure(schema, records, scores))


# --- The data


def read_records() -> list[Record]:
    """The lines of credit.csv as the city's fixtures.rs reads them: a gap stays a gap."""
    with CITIZENS.open(encoding="utf-8", newline="") as file:
        ages = {row["id_number"]: age(date.fromisoformat(row["birth_date"])) for row in csv.DictReader(file)}
    with CREDIT.open(encoding="utf-8", newline="") as file:
        return [read_record(row, ages) for row in csv.DictReader(file)]


def read_record(row: dict[str, str], ages: dict[str, int]) -> Record:
    factors = {
        "seniority_years": int(row["seniority_years"]),
        "bad_records": int(row["bad_records"] == "yes"),
        "fixed_job": equals(row["job"], "fixed"),
        "owns_home": equals(row["home"], "owner"),
        "expenses": number(row["expenses"]),
        "income": number(row["income"]),
        "assets": number(row["assets"]),
        "debt": number(row["debt"]),
    }
    return Record(row["id_number"], row["status"] == "good", ages[row["id_number"]], row["home"], factors)


def number(text: str) -> int | None:
    return int(text) if text else None


def equals(text: str, wanted: str) -> int | None:
    return int(text == wanted) if text else None


def age(birth: date) -> int:
    return AGES_ON.year - birth.year - ((AGES_ON.month, AGES_ON.day) < (birth.month, birth.day))


def features(records: list[Record]) -> Floats:
    """A row for each record, a column for each attribute; NaN is a gap."""
    rows = [[record.factors[name] for name in DIRECTIONS] for record in records]
    # numpy reads `None` as NaN.
    return np.array(rows, dtype=np.float64)


def goods(records: list[Record]) -> Ints:
    return np.array([record.good for record in records], dtype=np.int64)


# --- The model


def fit_additive(schema: Json, records: list[Record]) -> Json:
    """An explainable boosting machine without interactions, as the model that is published."""
    x = features(records)
    # It warns that its charts do not show gaps. Those of the public page do.
    warnings.filterwarnings("ignore", "Missing values detected", UserWarning)
    machine = ExplainableBoostingClassifier(
        feature_types=["continuous"] * len(DIRECTIONS),
        interactions=0,
        max_bins=BINS + 2,
        monotone_constraints=list(DIRECTIONS.values()),
        random_state=SEED,
    )
    machine.fit(x, goods(records))
    curves = {}
    for i, attribute in enumerate(schema["attributes"]):
        assert list(DIRECTIONS)[i] == attribute["name"], "columns are in the schema's order"
        gaps = int(np.isnan(x[:, i]).sum())
        curves[attribute["name"]] = curve(machine.bins_[i][0], machine.term_scores_[i], gaps, attribute)
    return {
        "model": "credit-additive/1",
        "kind": "additive",
        "schema": schema["schema"],
        "title": {"zh-CN": "分档信用评分表", "en": "Credit score by steps"},
        "base": rounded(ANCHOR * UNITS - units(math.log(ODDS)) + units(float(machine.intercept_[0]))),
        "scale": UNITS,
        "curves": curves,
        "meaning": {
            "zh-CN": f"信用分＝（基础分＋各因素所在档的分数之和）÷{UNITS}；{ANCHOR} 分表示按期还款的可能为 {ODDS}:1，"
            f"每高 {DOUBLING} 分翻一番。由 {len(records)} 条真实匿名信用记录得出，有缺项的记录也在内。工龄、收入、资产更多，"
            f"或支出、负债更少，都不会减分。缺项按这类记录的实际情况计分；缺这一项的记录不足 {FEWEST} 条时不计分。",
            "en": f"score = (base + points of the step that each factor is in) / {UNITS}; {ANCHOR} points mean odds of "
            f"{ODDS}:1 for good standing, {DOUBLING} points double the odds. Made from {len(records):,} real, anonymous "
            "credit records, those with gaps included. More years in work, income or assets, and less spending or debt, "
            "never cost points. A gap counts as such records turned out; it counts nothing where fewer than "
            f"{FEWEST} records have it.",
        },
    }


def curve(cuts: Floats, scores: Floats, gaps: int, attribute: Json) -> Json:
    """One attribute's log-odds as points. `scores` begins with a gap's and ends with that of values never seen."""
    edges = [0] + [math.ceil(cut) for cut in cuts]
    counts = [rounded(units(float(score))) for score in scores[1:-1]]
    steps = [i for i, count in enumerate(counts) if i == 0 or count != counts[i - 1]]
    assert len(edges) == len(counts), "every edge begins a step"
    assert len(steps) <= BINS, "the circuit has no room for more"
    result: Json = {"edges": [edges[i] for i in steps], "points": [counts[i] for i in steps]}
    if attribute.get("optional", False):
        # The mean of all points of a curve is 0, so that nothing is what the average person counts.
        result["absent"] = rounded(units(float(scores[0]))) if gaps >= FEWEST else 0
    return result


def units(log_odds: float) -> float:
    return log_odds / math.log(2) * DOUBLING * UNITS


def rounded(count: float) -> int:
    return round(count / ROUNDING) * ROUNDING


def score_units(model: Json, record: Record) -> int:
    """The score in units, as every program of the city computes it: whole numbers only."""
    return int(model["base"]) + sum(
        points(steps, record.factors[name]) for name, steps in model["curves"].items()
    )


def points(steps: Json, value: int | None) -> int:
    return int(steps["absent"] if value is None else steps["points"][bisect_right(steps["edges"], value) - 1])


def chance(score: Ints) -> Floats:
    """The chance of good standing that a score means."""
    return 1 / (1 + np.exp2((ANCHOR - score / UNITS) / DOUBLING) / ODDS)


# --- What is measured


def disclosure(schema: Json, records: list[Record], scores: list[int]) -> Json:
    y = goods(records)
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(y, y))
    additive = held_out(folds, records, lambda known, unknown: additive_scores(schema, known, unknown))
    linear = held_out(folds, records, linear_chances)
    trees = held_out(folds, records, tree_chances)
    threshold = json.loads(POLICY.read_text("utf-8"))["models"][0]["value"]
    passing = np.array(scores) >= threshold * UNITS
    return {
        "category": "model",
        "title": {"zh-CN": "分档信用评分表的检验结果", "en": "How the credit score by steps was tested"},
        "document": {
            "note": note(len(records), threshold),
            "threshold": threshold,
            "records": len(records),
            "accuracy": [
                accuracy("本模型", "This model", folds, y, additive),
                accuracy("线性模型", "A linear model", folds, y, linear),
                accuracy(
                    "不可解释的决策树组合", "Many trees together, which nobody can read", folds, y, trees
                ),
            ],
            "calibration": calibration(y, additive.astype(np.int64)),
            "outcomes_by_age": outcomes(records, passing, AGE_BANDS),
            "outcomes_by_housing": outcomes(records, passing, HOUSING),
        },
    }


def held_out(
    folds: list[tuple[Ints, Ints]],
    records: list[Record],
    predict: Callable[[list[Record], list[Record]], Iterable[float]],
) -> Floats:
    """For each record, what a model says that was fitted without the record's fold."""
    result = np.zeros(len(records))
    for known, unknown in folds:
        result[unknown] = list(predict([records[i] for i in known], [records[i] for i in unknown]))
    return result


def additive_scores(schema: Json, known: list[Record], unknown: list[Record]) -> list[int]:
    """Scores as published: rounded, and whole numbers, so that what is measured is what is used."""
    model = fit_additive(schema, known)
    return [score_units(model, record) for record in unknown]


def linear_chances(known: list[Record], unknown: list[Record]) -> Floats:
    """Logistic regression; a gap is a mark of its own beside the mean."""
    model = make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(C=1000, max_iter=1000)
    )
    return chances(model, known, unknown)


def tree_chances(known: list[Record], unknown: list[Record]) -> Floats:
    """Gradient-boosted trees, which branch on gaps; of five settings that were tried, the best one."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=200, max_leaf_nodes=4, random_state=SEED
    )
    return chances(model, known, unknown)


def chances(model: Any, known: list[Record], unknown: list[Record]) -> Floats:
    model.fit(features(known), goods(known))
    return np.asarray(model.predict_proba(features(unknown))[:, 1], dtype=np.float64)


def accuracy(chinese: str, english: str, folds: list[tuple[Ints, Ints]], y: Ints, predicted: Floats) -> Json:
    """The area under the curve, said as it can be understood: pairs in the right order, of a thousand."""
    areas = [float(roc_auc_score(y[unknown], predicted[unknown])) for _, unknown in folds]
    print(f"{english}: {np.mean(areas):.4f} ({', '.join(f'{area:.4f}' for area in areas)})", file=sys.stderr)
    return {
        "name": {"zh-CN": chinese, "en": english},
        "pairs": round(1000 * float(np.mean(areas))),
        "pairs_least": round(1000 * min(areas)),
        "pairs_most": round(1000 * max(areas)),
    }


def calibration(y: Ints, scores: Ints) -> list[Json]:
    """Tenths of the records by score: how many were said to be good, and how many are."""
    tenths = np.array_split(np.argsort(scores, kind="stable"), 10)
    return [
        {
            "name": tenth_name(i),
            "records": len(tenth),
            "predicted": percent(chance(scores[tenth])),
            "observed": percent(y[tenth]),
        }
        for i, tenth in enumerate(tenths, 1)
    ]


def tenth_name(i: int) -> Json:
    """The lowest and the highest say so."""
    chinese = {1: "第 1 组（最低）", 10: "第 10 组（最高）"}.get(i, f"第 {i} 组")
    english = {1: "Tenth 1 (lowest)", 10: "Tenth 10 (highest)"}.get(i, f"Tenth {i}")
    return {"zh-CN": chinese, "en": english}


@dataclass(frozen=True)
class Group:
    """People who are compared with others."""

    chinese: str
    english: str
    has: Callable[[Record], bool]


AGE_BANDS = [
    Group("18–24 岁", "18 to 24", lambda record: record.age <= 24),
    Group("25–34 岁", "25 to 34", lambda record: 25 <= record.age <= 34),
    Group("35–44 岁", "35 to 44", lambda record: 35 <= record.age <= 44),
    Group("45–54 岁", "45 to 54", lambda record: 45 <= record.age <= 54),
    Group("55 岁及以上", "55 and over", lambda record: record.age >= 55),
]
# "ignore" (20 records) and gaps (6) are too few to stand alone.
HOUSING = [
    Group("自有住房", "Owns a home", lambda record: record.home == "owner"),
    Group("租房", "Rents", lambda record: record.home == "rent"),
    Group("与父母同住", "Lives with parents", lambda record: record.home == "parents"),
    Group(
        "私人住房（数据未说明）",
        "Private (the data does not explain it)",
        lambda record: record.home == "priv",
    ),
    Group("其他或不详", "Other or unknown", lambda record: record.home in ("other", "ignore", "")),
]


def outcomes(records: list[Record], passing: NDArray[np.bool_], groups: list[Group]) -> list[Json]:
    """Whom the threshold lets pass, by group, and how it turned out; nothing of groups that are too small."""
    y = goods(records).astype(bool)
    rows = []
    for group in groups:
        members = np.array([group.has(record) for record in records])
        if min((members & y).sum(), (members & ~y).sum()) < FEWEST:
            continue
        rows.append(
            {
                "name": {"zh-CN": group.chinese, "en": group.english},
                "records": int(members.sum()),
                "share_good": percent(y[members]),
                "share_passing": percent(passing[members]),
                "share_passing_bad": percent(passing[members & ~y]),
                "share_passing_good": percent(passing[members & y]),
            }
        )
    return rows


def percent(shares: NDArray[Any]) -> int:
    return round(100 * float(np.mean(shares)))


def note(count: int, threshold: int) -> Json:
    return {
        "zh-CN": f"依据公开数据集中 {count} 条真实匿名信用记录，记录中的人不是南宁居民。"
        f"准确度：把记录分成 {FOLDS} 份，每份都由只看过其余各份的模型评分；从信用良好与不良的人中各取一人，"
        "1000 对中有多少对是良好者得分更高（即 ROC 曲线下面积×1000），为各份的平均、最低和最高。"
        "三种模型使用相同的因素和分组，缺项都算作一种情况。"
        "校准：按同样得出的分数由低到高分成十组，比较预计与实际的良好比例。"
        f"年龄和住房：用公布的分数，看达到 {threshold} 分的比例，与实际情况并列；这些记录也用于制表，因此略偏乐观。"
        "年龄来自数据集本身。本模型不使用年龄，但工龄计分，年轻人的工龄较短。比例均为百分数。",
        "en": f"From {count:,} real, anonymous credit records of a public data set; none is of a resident of Nanning. "
        f"Accuracy: the records were divided into {FOLDS} parts, and each part was scored by a model that had seen only "
        "the others. Of 1,000 pairs of one person in good and one in bad standing, in how many does the one in good "
        "standing score higher (the area under the ROC curve times 1,000): the mean, the least and the most of the "
        "parts. The three models have the same factors and parts, and each takes a gap as a case of its own. "
        "Calibration: by scores made in the same way, the records are put into ten groups from the lowest to the "
        "highest, and the expected share in good standing is compared with the actual one. "
        f"Age and housing: by the published score, the share that reaches {threshold} points, beside how it turned "
        "out; the model was made from these same records, so this is slightly optimistic. Ages are the data set's own. "
        "The model does not use them, but years in work count, and younger people have fewer. Shares are in percent.",
    }


# --- Files


def write_scores(records: list[Record], scores: list[int]) -> None:
    lines = [f"{record.id_number},{score}\n" for record, score in zip(records, scores, strict=True)]
    SCORES.write_text("id_number,units\n" + "".join(lines), "utf-8")


def write_json(path: Path, document: Json) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
