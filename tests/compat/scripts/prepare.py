"""First step of a small project, written for MLflow: load the data, split them, log both parts."""

from __future__ import annotations

import argparse

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import mlflow


def log_part(name, frame):
    path = f"datasets/{name}.csv"
    mlflow.log_text(frame.to_csv(index=False), path)
    source = mlflow.get_artifact_uri(path)
    mlflow.log_input(
        mlflow.data.from_pandas(frame, name=name, targets="target", source=source), context=name
    )
    mlflow.log_metric(f"{name}_size", len(frame))


def main(test_size):
    mlflow.set_experiment("Tumours")
    frame = load_breast_cancer(as_frame=True).frame
    frame.insert(0, "ratio", frame["mean symmetry"] / frame["mean texture"])
    with mlflow.start_run(run_name="Prepare"):
        mlflow.log_metrics({"full_data_size": len(frame), "features_count": frame.shape[1] - 1})
        train, test = train_test_split(frame, test_size=test_size, random_state=3)
        log_part("train", train)
        log_part("test", test)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--test-size", type=float, default=0.3)
    main(parser.parse_args().test_size)
