"""The annotations on a component's `main`, by name and argument; also the form of annotations.yaml.

The order of the arguments is that of the decorators' signatures in `aisprint.annotations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aisprint_cli.load.shapes.collections import Field, ListOf, MapOf, OneOrMany, Record
from aisprint_cli.load.shapes.values import Boolean, Choice, Number, Shape, Text

_SECONDS = Number(above=0)
_FLAG = Boolean()
_HOURS = Number(above=0)
METRICS: Final = (
    "accuracy", "f1", "precision", "recall",
    "average_accuracy", "average_f1", "average_precision", "average_recall",
)  # fmt: skip
STATISTICAL_TESTS: Final = ("kolmogorov-smirnov", "cramer-von-mises", "fisher-exact-test", "chi-squared")

COMPONENT_NAME = Record(
    "component_name",
    "Which component this code is.",
    {"name": Field(Text("the component's name"), "The component's name in the DAG.", required=True)},
)
EXEC_TIME = Record(
    "exec_time",
    "Response-time limits; without arguments the time is measured only.",
    {
        "local_time_thr": Field(_SECONDS, "Limit of this component's own time, in seconds."),
        "global_time_thr": Field(
            _SECONDS, "Limit from the start of the first previous component, in seconds."
        ),
        "prev_components": Field(
            ListOf(Text("the name of a component"), "component names"),
            "The path of components that leads here, first to last.",
        ),
    },
)
EXPECTED_THROUGHPUT = Record(
    "expected_throughput",
    "How much input this component expects.",
    {"rate": Field(Number(above=0), "Files per second.", required=True)},
)
PARTITIONABLE_MODEL = Record(
    "partitionable_model",
    "An ONNX model that may be split in two.",
    {
        "onnx_file": Field(
            Text("a file name"), "The model's file in the component's onnx folder.", required=True
        ),
        "num_partitions": Field(Number(minimum=1, integer=True), "How many alternative splits at most."),
    },
)
EARLY_EXITS_MODEL = Record(
    "early_exits_model",
    "A model with early exits.",
    {
        "onnx_file": Field(
            Text("a file name"), "The model's file in the component's onnx folder.", required=True
        ),
        "condition_function": Field(
            Text("the name of a function"), "The function in main.py that decides to leave.", required=True
        ),
        "transition_probabilities": Field(
            ListOf(Number(minimum=0, maximum=1), "probabilities", minimum=1),
            "For each exit, the probability of not leaving there.",
        ),
    },
)
DEVICE_CONSTRAINTS = Record(
    "device_constraints",
    "What the component needs of a device.",
    {
        "ram": Field(Number(above=0), "Memory, in GB."),
        "vram": Field(Number(minimum=0), "Memory of the GPU, in GB."),
        "use_gpu_for": Field(
            OneOrMany(ListOf(Choice(("dnn", "pre", "post"), {}), "dnn, pre or post")),
            "Which steps use the GPU.",
        ),
    },
)
MODEL_PERFORMANCE = Record(
    "model_performance",
    "Which quality the model must reach.",
    {
        "metric": Field(Choice(METRICS, {}), "The metric."),
        "metric_thr": Field(Number(minimum=0, maximum=1), "The least value of the metric."),
        "filtered_class": Field(Text("the name of a class"), "The class that a filter takes out."),
    },
)


def _for_each_metric(item: Shape, what: str) -> OneOrMany:
    """One value, or one for each metric, or for each field of each metric."""
    return OneOrMany(ListOf(OneOrMany(ListOf(item, what)), what, minimum=1))


DETECT_METRIC_DRIFT = Record(
    "detect_metric_drift",
    "Which metrics to watch for drift.",
    {
        "metric": Field(
            OneOrMany(ListOf(Text("the name of a metric"), "metric names", minimum=1)),
            "The metric or metrics.",
            required=True,
        ),
        "field": Field(
            _for_each_metric(Text("the name of a field"), "field names"),
            "The field or fields of each metric.",
            required=True,
        ),
        "statistical_test": Field(
            _for_each_metric(Choice(STATISTICAL_TESTS, {}), "statistical tests"),
            "The test or tests.",
            required=True,
        ),
        "test_threshold": Field(
            OneOrMany(ListOf(Number(above=0, maximum=1), "p-values")),
            "The p-value below which there is drift.",
        ),
        "detection_interval": Field(_HOURS, "Hours between two detections.", required=True),
        "monitoring_period": Field(
            _for_each_metric(_HOURS, "hours"), "Hours of data in one window.", required=True
        ),
        "data_collection_period": Field(_HOURS, "Hours to collect new data after a drift.", required=True),
        "notification_endpoint": Field(Text("an address"), "Where to report a drift."),
    },
)
SECURITY = Record(
    "security",
    "Which protection the component needs.",
    {
        "trustedExecution": Field(_FLAG, "Whether it must run in an enclave."),
        "networkShield": Field(_FLAG, "Whether its traffic must be protected."),
        "filesystemShield": Field(_FLAG, "Whether its files must be protected."),
        "confProc": Field(_FLAG, "Whether its processing must be confidential."),
        "integrityProc": Field(_FLAG, "Whether its processing must keep integrity."),
        "confRest": Field(_FLAG, "Whether its data at rest must be confidential."),
    },
)

ANNOTATIONS: Final[Mapping[str, Record]] = MappingProxyType(
    {
        record.title: record
        for record in (
            COMPONENT_NAME,
            EXEC_TIME,
            EXPECTED_THROUGHPUT,
            PARTITIONABLE_MODEL,
            EARLY_EXITS_MODEL,
            DEVICE_CONSTRAINTS,
            MODEL_PERFORMANCE,
            DETECT_METRIC_DRIFT,
            SECURITY,
        )
    }
)

COMPONENT_ANNOTATIONS = Record(
    "ComponentAnnotations",
    "The annotations of one component.",
    {name: Field(record, record.description) for name, record in ANNOTATIONS.items()},
)

ANNOTATIONS_FILE = MapOf(COMPONENT_ANNOTATIONS, "components' annotations, by the path of their main.py")
