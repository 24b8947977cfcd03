"""Where measures go: each cluster has a database of its own, and hands on to the next higher layer's.

The highest layer hands on to the central database, where there is one. So a constraint over several
layers is checked where the measures of all of them arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import DOMAIN_INPUT, INFLUX_PASSWORD, INFLUX_TOKEN, Cluster
from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.elasticity import KUBERNETES
from aisprint_cli.generate.expressions import Expression, concat, get_input
from aisprint_cli.generate.fragment import Body, Fragment, secret_input
from aisprint_cli.generate.names import application_service_name

CENTRAL_TOKEN: Final = "top_influx_token"  # noqa: S105  the name of a secret


@dataclass(frozen=True)
class Database:
    """A database of measures; `inputs` holds the input that its token comes from."""

    url: Expression
    token: Expression
    organisation: str
    bucket: str
    inputs: Mapping[str, Body] = field(default_factory=dict)


def is_monitored(blueprint: Blueprint) -> bool:
    """Whether anything is measured: a constraint is to be checked, or a central database is named."""
    return bool(blueprint.deployment.qos.layers or blueprint.options.influxdb_url)


def database_of(blueprint: Blueprint, cluster: Cluster) -> Database | None:
    """The database of a cluster: made with it, or named for one that exists; None where there is none."""
    url: Expression = cluster.fact("influx", "endpoint")
    if url is None and cluster.is_made:
        url = concat(f"https://influx.{cluster.name}.", get_input(DOMAIN_INPUT))
    if url is None or not cluster.knows(INFLUX_TOKEN):
        return None
    name = cluster.secret_input(INFLUX_TOKEN)
    token = secret_input(cluster.secret(INFLUX_TOKEN), f"Opens the measures of {cluster.name}.")
    organisation = cluster_settings().monitoring.organisation
    return Database(url, get_input(name), organisation, bucket_of(blueprint), {name: token})


def bucket_of(blueprint: Blueprint) -> str:
    """The bucket of the application's measures."""
    return f"{application_service_name(blueprint.application.name)}-bucket"


def upper_database(blueprint: Blueprint, cluster: Cluster) -> Database | None:
    """Where a cluster hands its measures on to: the next higher layer with a database, else the centre."""
    for other in blueprint.clusters.values():
        if other.number > cluster.number:
            found = database_of(blueprint, other)
            if found is not None:
                return found
    options = blueprint.options
    if not options.influxdb_url:
        return None
    settings = cluster_settings().monitoring
    inputs = {}
    token: Expression = ""
    if options.influxdb_token:
        inputs = {CENTRAL_TOKEN: secret_input(options.influxdb_token, "Opens the central database.")}
        token = get_input(CENTRAL_TOKEN)
    return Database(
        options.influxdb_url, token, settings.central_organisation, settings.central_bucket, inputs
    )


def monitoring(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The monitoring system of a cluster that is made, where anything is measured."""
    own = database_of(blueprint, cluster)
    if not is_monitored(blueprint) or own is None:
        return Fragment()
    upper = upper_database(blueprint, cluster) or Database("", "", "", "")
    properties = {
        "app_name": get_input("app_name"),
        "qos_constraints": get_input("qos_constraints"),
        "influx_hostname": concat(f"influx.{cluster.name}.", get_input(DOMAIN_INPUT)),
        "influx_password": get_input(INFLUX_PASSWORD),
        "influx_token": own.token,
        "upper_influx_url": upper.url,
        "upper_influx_token": upper.token,
        "upper_influx_org": upper.organisation,
        "upper_influx_bucket": upper.bucket,
    }
    node = {
        "type": "tosca.nodes.aisprint.Monitoring",
        "properties": properties,
        "requirements": [{"host": KUBERNETES}],
    }
    description = f"Of the administrator of measures on {cluster.name}."
    password = secret_input(cluster.secret(INFLUX_PASSWORD), description)
    inputs = {INFLUX_PASSWORD: password, **own.inputs, **upper.inputs}
    return Fragment(inputs, {"monitoring": node}, outputs={"influx_endpoint": {"value": own.url}})


def native_measures(blueprint: Blueprint, cluster: Cluster) -> Mapping[str, Expression]:
    """The variables by which a native function sends its measures: it has no cluster to collect them."""
    upper = upper_database(blueprint, cluster) if is_monitored(blueprint) else None
    if upper is None:
        return {}
    return {
        "INFLUX_ENDPOINT": upper.url,
        "INFLUX_TOKEN": upper.token,
        "INFLUX_ORG": upper.organisation,
        "INFLUX_BUCKET": upper.bucket,
    }


def native_inputs(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The inputs that these variables come from."""
    upper = upper_database(blueprint, cluster) if is_monitored(blueprint) else None
    return Fragment(inputs=dict(upper.inputs)) if upper else Fragment()
