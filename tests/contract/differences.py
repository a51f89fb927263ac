"""Where Cairn and MLflow differ on purpose: the test of the contract, and why.

A test listed here must fail on a real MLflow, so that the list stays true.
"""

from __future__ import annotations

_INFINITY = "MLflow keeps an infinity as the largest float; Cairn keeps every value as it is"

_HALF = "MLflow answers 500 to records of another shape; Cairn says what is wrong with them"
_GONE = "MLflow changes deleted models, and answers for datasets that do not exist"
_TAGS = "MLflow finds no key with a slash in a path, and keeps tags that are no texts"

OURS: dict[str, str] = {
    "test_a_repeated_request_finds_the_model_it_made": (
        "MLflow makes a model with each request, and chooses the id"
    ),
    "test_params_of_a_model_keep_their_first_value": (
        "MLflow refuses a param of a model that is logged again with the same value"
    ),
    "test_tags_of_a_model_are_set_changed_and_deleted": _TAGS,
    "test_metrics_logged_with_a_model_are_its_own": _INFINITY,
    "test_metric_of_a_model_that_does_not_exist_is_refused_whole": (
        "MLflow refuses it with a text of its database"
    ),
    "test_deleted_model_is_hidden_and_refuses_changes": _GONE,
    "test_models_are_searched_by_metrics_on_datasets": (
        "MLflow finds no model by the name of a dataset alone"
    ),
    "test_models_of_old_clients_are_listed_in_a_tag": "MLflow answers 500 to a list",
    "test_a_dataset_is_answered_as_it_was_created": (
        "MLflow tells the experiments of a dataset only when it makes it, and takes any"
    ),
    "test_records_with_the_same_inputs_are_merged": (
        "MLflow gives records of one time in any order, and notes no author"
    ),
    "test_records_come_in_pages_in_the_order_of_arrival": (
        "MLflow gives records of one time in any order"
    ),
    **{
        f"test_records_of_another_shape_are_refused[{text}]": _HALF
        for text in ("{", "{}", "[1]", '[{"inputs": "a"}]', '[{"tags": []}]')
    },
    "test_tags_are_set_changed_and_removed": _TAGS,
    "test_datasets_are_found_by_experiment_and_filter": (
        "MLflow keeps datasets and experiments apart, and tells no experiments here"
    ),
    "test_a_deleted_dataset_is_gone_with_its_records": _GONE,
    "test_run_has_the_id_that_the_client_chose_and_a_repeated_request_finds_it": (
        "MLflow makes a run with each request, and chooses the id"
    ),
    "test_metric_value_comes_back_as_it_was[-0.0]": "MLflow loses the sign of zero",
    "test_metric_value_comes_back_as_it_was[inf]": _INFINITY,
    "test_metric_value_comes_back_as_it_was[-inf]": _INFINITY,
}
