"""Second step, written for MLflow: search hyperparameters on the training data of the first one.

Each trial is a run inside the run of the search, with a curve of every metric.
"""

from __future__ import annotations

import argparse
import os
import tempfile

import optuna
import pandas as pd
import xgboost as xgb

import mlflow

optuna.logging.set_verbosity(optuna.logging.ERROR)


class LogCurves(xgb.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        for name, values in evals_log["test"].items():
            mlflow.log_metric(name, values[-1][0], step=epoch)
        return False


def training_data(experiment_id):
    newest = mlflow.search_runs(
        experiment_ids=[experiment_id],
        filter_string="tags.mlflow.runName = 'Prepare' and status = 'FINISHED'",
        order_by=["start_time DESC"],
    ).loc[0, "run_id"]
    with tempfile.TemporaryDirectory() as folder:
        mlflow.artifacts.download_artifacts(
            run_id=newest, artifact_path="datasets/train.csv", dst_path=folder
        )
        frame = pd.read_csv(os.path.join(folder, "train.csv"))
    return xgb.DMatrix(frame.drop(columns="target"), label=frame["target"])


def main(trials):
    experiment_id = mlflow.set_experiment("Tumours").experiment_id
    with mlflow.start_run(run_name="Tune", log_system_metrics=True):
        data = training_data(experiment_id)

        def objective(trial):
            params = {
                "objective": "binary:logistic",
                "max_depth": trial.suggest_int("max_depth", 2, 4),
                "learning_rate": trial.suggest_float("learning_rate", 0.05, 0.5),
                "num_boost_round": trial.suggest_int("num_boost_round", 5, 15),
            }
            with mlflow.start_run(nested=True):
                mlflow.log_params(params)
                rounds = params.pop("num_boost_round")
                results = xgb.cv(
                    {**params, "eval_metric": ["auc", "error"]},
                    data,
                    num_boost_round=rounds,
                    nfold=3,
                    callbacks=[LogCurves()],
                    verbose_eval=False,
                )
                error = results["test-error-mean"].iloc[-1]
                mlflow.log_metric("accuracy", 1 - error)
                return error

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=3))
        study.optimize(objective, n_trials=trials)
        mlflow.log_params(study.best_trial.params)
        mlflow.log_metric("accuracy", 1 - study.best_value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-trials", type=int, default=3)
    main(parser.parse_args().n_trials)
