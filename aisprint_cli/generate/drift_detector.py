"""The drift detector: one for the application, on its highest cluster that is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aisprint_cli.generate import yaml_text
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import INFLUX_TOKEN, MINIO_SECRET, MINIO_USER, Cluster
from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.elasticity import KUBERNETES
from aisprint_cli.generate.expressions import Expression, concat, get_input
from aisprint_cli.generate.fragment import Fragment, secret_input
from aisprint_cli.generate.monitoring import bucket_of, database_of, is_monitored
from aisprint_cli.model.naming import service_name

_NAME: Final = "drift-detector"
_STORAGE: Final = "http://minio.minio:9000"
_PLACE: Final = re.compile(r"<<([a-z0-9_]+)>>")


def drift_cluster(blueprint: Blueprint) -> Cluster | None:
    """The cluster that hosts the detector; None without one, or where nothing is measured.

    The detector reads the measures of the whole application, and these arrive at the highest layer.
    """
    if not (blueprint.options.drift_detector and is_monitored(blueprint)):
        return None
    made = [cluster for cluster in blueprint.clusters.values() if cluster.is_made]
    return made[-1] if made else None


def drift_detector(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The detector's objects, on the cluster that hosts it."""
    database = database_of(blueprint, cluster)
    if cluster != drift_cluster(blueprint) or database is None:
        return Fragment()
    variables = {
        "DRIFT_DETECTOR_INFLUXDB_URL": cluster_settings().monitoring.influxdb,
        "DRIFT_DETECTOR_INFLUXDB_TOKEN": f"<<{cluster.secret_input(INFLUX_TOKEN)}>>",
        "BUCKET_NAME": bucket_of(blueprint),
        "DRIFT_DETECTOR_MINIO_BUCKET": _bucket(blueprint, cluster),
        "DRIFT_DETECTOR_MINIO_URL": _STORAGE,
        "DRIFT_DETECTOR_MINIO_AK": MINIO_USER,
        "DRIFT_DETECTOR_MINIO_SK": f"<<{cluster.secret_input(MINIO_SECRET)}>>",
    }
    objects = _objects(blueprint.options.drift_detector, variables)
    text = "".join(f"---\n{yaml_text.dump(entry, name=_NAME)}" for entry in objects)
    node = {
        "type": "tosca.nodes.indigo.KubernetesObject",
        "properties": {"spec": _with_inputs(text)},
        "requirements": [{"host": KUBERNETES}],
    }
    return Fragment(dict(database.inputs), {"drift_detector": node})


def drift_variables(blueprint: Blueprint) -> Mapping[str, Expression]:
    """The variables by which a function finds the detector's verdict."""
    cluster = drift_cluster(blueprint)
    if cluster is None:
        return {}
    return {
        "DRIFT_DETECTOR_MINIO_URL": cluster.minio_endpoint,
        "DRIFT_DETECTOR_MINIO_BUCKET": _bucket(blueprint, cluster),
        "DRIFT_DETECTOR_MINIO_AK": cluster.minio_user,
        "DRIFT_DETECTOR_MINIO_SK": get_input(cluster.secret_input(MINIO_SECRET)),
    }


def drift_inputs(blueprint: Blueprint, cluster: Cluster) -> Fragment:  # noqa: ARG001  the same for each cluster
    """The inputs that these variables come from."""
    host = drift_cluster(blueprint)
    if host is None:
        return Fragment()
    secret = secret_input(host.secret(MINIO_SECRET), f"Opens the storage of {host.name}.")
    return Fragment(inputs={host.secret_input(MINIO_SECRET): secret})


def _bucket(blueprint: Blueprint, cluster: Cluster) -> str:
    """The bucket of the verdict: that of the cluster's first part, which is there without the detector."""
    return service_name(blueprint.parts_on(cluster)[0].part.name)


def _objects(image: str, variables: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    labels = {"app": _NAME}
    environment = [{"name": name, "value": value} for name, value in variables.items()]
    container = {"name": _NAME, "image": image, "env": environment}
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAME}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": _NAME, "namespace": _NAME},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        },
    )


def _with_inputs(text: str) -> Expression:
    """A text whose `<<name>>` are inputs. In double quotes: a value is text, whatever it looks like."""
    quoted = re.sub(r": (<<[a-z0-9_]+>>)", r': "\1"', text)
    pieces = _PLACE.split(quoted)
    return concat(*(get_input(piece) if index % 2 else piece for index, piece in enumerate(pieces)))
