"""Classify tumours: prepare the data, tune a model with nested runs, train the best one.

Logs three runs and their children to a tracking server, with params, metrics, datasets, tables,
figures and images. Needs scikit-learn, xgboost, pandas and matplotlib:

    python examples/sample.py --tracking-uri http://127.0.0.1:5000
"""

from __future__ import annotations

import argparse
import random
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from xgboost.callback import TrainingCallback

import cairn

EXPERIMENT = "Cancer classification"
NOTE = """Breast cancer data of scikit-learn: 569 tumours, 30 measures, benign or malignant.

The trials of **Tuning** are its child runs.
"""


class LogEachRound(TrainingCallback):
    """Log the cross-validated metrics after each boosting round."""

    def after_iteration(self, _model: object, epoch: int, evals_log: dict) -> bool:
        """Called by xgboost; False lets the training go on."""
        for part, metrics in evals_log.items():
            for name, values in metrics.items():
                last = values[-1][0] if isinstance(values[-1], tuple) else values[-1]
                cairn.log_metric(f"{part}/{name}", last, step=epoch)
        return False


def prepare(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the data, and record both parts as datasets and as files."""
    data = load_breast_cancer(as_frame=True)
    frame = data.frame
    frame["symmetry per texture"] = frame["mean symmetry"] / frame["mean texture"]
    train, test = train_test_split(frame, test_size=0.3, random_state=seed, stratify=frame.target)
    with cairn.start_run(run_name="Preprocessing"):
        cairn.log_params({"test_size": 0.3, "seed": seed, "features": frame.shape[1] - 1})
        cairn.log_metrics({"rows": len(frame), "train_rows": len(train), "test_rows": len(test)})
        for name, part in (("train", train), ("test", test)):
            cairn.log_text(part.to_csv(index=False), f"datasets/{name}.csv")
            source = cairn.get_artifact_uri(f"datasets/{name}.csv")
            dataset = cairn.data.from_pandas(part, name=name, targets="target", source=source)
            cairn.log_input(dataset, context=name)
        cairn.log_table(train.describe().round(3).reset_index(), "summary.json")
    return train, test


def tune(train: pd.DataFrame, trials: int, seed: int) -> dict[str, object]:
    """Try random settings, each in a child run; return the best ones."""
    dice = random.Random(seed)
    matrix = xgb.DMatrix(train.drop(columns="target"), train["target"])
    best: tuple[float, dict[str, object]] = (float("inf"), {})
    with cairn.start_run(run_name="Tuning", description="Random search over five settings."):
        for number in range(trials):
            settings = {
                "objective": "binary:logistic",
                "max_depth": dice.randint(2, 8),
                "alpha": round(dice.uniform(0.001, 0.05), 4),
                "learning_rate": round(10 ** dice.uniform(-2.3, -0.3), 4),
                "num_boost_round": dice.randint(30, 120),
            }
            with cairn.start_run(nested=True, run_name=f"trial-{number:02d}"):
                cairn.log_params(settings)
                rounds = settings["num_boost_round"]
                booster = {k: v for k, v in settings.items() if k != "num_boost_round"}
                booster |= {"eval_metric": ["auc", "error", "logloss"], "nthread": 1}
                result = xgb.cv(
                    booster,
                    matrix,
                    num_boost_round=rounds,
                    nfold=3,
                    seed=seed,
                    callbacks=[LogEachRound()],
                )
                error = float(result["test-error-mean"].iloc[-1])
                cairn.log_metric("accuracy", 1 - error)
            best = min(best, (error, settings), key=lambda pair: pair[0])
        cairn.log_params(best[1])
        cairn.log_metric("accuracy", 1 - best[0])
        cairn.set_tag("trials", trials)
    return best[1]


def train_best(settings: dict[str, object], train: pd.DataFrame, test: pd.DataFrame) -> None:
    """Train with the best settings, and show how the model does on the held-out part."""
    with cairn.start_run(run_name="Training", tags={"stage": "candidate"}):
        cairn.log_params(settings)
        model = xgb.XGBClassifier(
            n_estimators=settings["num_boost_round"],
            max_depth=settings["max_depth"],
            learning_rate=settings["learning_rate"],
            reg_alpha=settings["alpha"],
            n_jobs=1,
        )
        model.fit(train.drop(columns="target"), train["target"])
        chance = model.predict_proba(test.drop(columns="target"))[:, 1]
        guess = chance > 0.5
        cairn.log_metrics(
            {
                "accuracy": accuracy_score(test["target"], guess),
                "f1": f1_score(test["target"], guess),
                "auc": roc_auc_score(test["target"], chance),
            }
        )
        figure = ConfusionMatrixDisplay.from_predictions(test["target"], guess).figure_
        cairn.log_figure(figure, "plots/confusion_matrix.png")
        importance = dict(
            zip(train.columns[:-1], model.feature_importances_.tolist(), strict=False)
        )
        cairn.log_dict(importance, "feature_importance.json")
        heat = np.clip(train.corr().to_numpy() * 127 + 128, 0, 255).astype(np.uint8)
        cairn.log_image(np.kron(heat, np.ones((8, 8), np.uint8)), "plots/correlation.png")
        cairn.log_text(str(model), "model.txt")


def main() -> None:
    """Log the whole sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracking-uri", help="server or database; default as for any script")
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    mpl.use("Agg")
    if options.tracking_uri:
        cairn.set_tracking_uri(options.tracking_uri)
    cairn.set_experiment(EXPERIMENT)
    cairn.set_experiment_tag("mlflow.note.content", NOTE)
    train, test = prepare(options.seed)
    settings = tune(train, options.trials, options.seed)
    train_best(settings, train, test)


if __name__ == "__main__":
    main()
