"""The files an application may go without: physical nodes, the solver's, security, image environment."""

from __future__ import annotations

from aisprint_cli.load.shapes.collections import ANYTHING, Field, ListOf, MapOf, Record
from aisprint_cli.load.shapes.values import Boolean, Choice, Label, Number, Text, Verbatim

_SECRET = "Rather than the secret itself: env:NAME, file:PATH or keyring:SERVICE/NAME."  # noqa: S105
_CHECKED = "Whether its certificate is checked; it is where nothing is said."
_ACCESS = {
    "private_ip": Field(Label(), "The address inside the site."),
    "ssh_user": Field(Label(), "The user to log in as."),
    "ssh_key": Field(Label(), f"The private key to log in with. {_SECRET}"),
}
_FRONT_END = Record(
    "FrontEndNode",
    "The node that takes the cluster's requests.",
    {"public_ip": Field(Label(), "The address reached from outside."), **_ACCESS},
)
_WORKER = Record("WorkerNode", "A node that runs jobs.", _ACCESS)
_INFLUX = Record(
    "InfluxAccess",
    "Where the monitoring data goes.",
    {"endpoint": Field(Label(), "The address."), "token": Field(Label(), f"The access token. {_SECRET}")},
)
_MINIO = Record(
    "MinioAccess",
    "The storage of a cluster that is already there.",
    {
        "endpoint": Field(Label(), "The address."),
        "access_key": Field(Label(), f"The user. {_SECRET}"),
        "secret_key": Field(Label(), f"The password. {_SECRET}"),
        "region": Field(Label(), "The region."),
        "ssl_verify": Field(Boolean(), _CHECKED),
    },
)
_OSCAR = Record(
    "OscarAccess",
    "The OSCAR that is already there.",
    {
        "name": Field(Label(), "The cluster's name, and the id of its line in im/auth.dat."),
        "endpoint": Field(Label(), "The address."),
        "user": Field(Label(), "The user; oscar where nothing is said."),
        "password": Field(Label(), f"The user's password. {_SECRET}"),
        "token": Field(Label(), f"The token of a single sign-on, instead of user and password. {_SECRET}"),
        "ssl_verify": Field(Boolean(), _CHECKED),
    },
)
_KUBERNETES = Record(
    "KubernetesAccess",
    "The Kubernetes that is already there, without OSCAR.",
    {
        "context": Field(Label(), "The context in the kubeconfig file."),
        "namespace": Field(Label(), "The namespace to deploy to."),
        "kubeconfig": Field(Label(), "The path of the kubeconfig file."),
        "node_selector": Field(Label(), "Labels of this layer's nodes: key=value,key=value."),
        "image_pull_secret": Field(Label(), "The name of a Secret in the namespace to pull images with."),
        "dispatcher_image": Field(Label(), "An image with Python that looks for new files."),
        "concurrency": Field(Number(minimum=1, integer=True), "Runs of one function at once, at most."),
    },
)
_AWS = Record(
    "AwsAccess",
    "The account that hosts functions.",
    {
        "bucket": Field(Label(), "The bucket for input and output."),
        "region": Field(Label(), "The region."),
        "access_key": Field(Label(), f"The access key. {_SECRET}"),
        "secret_key": Field(Label(), f"The secret key. {_SECRET}"),
        "role": Field(Label(), "The role that functions run as."),
        "endpoint": Field(Label(), "The address of the cloud's interface, where it is not AWS itself."),
        "timeout": Field(
            Number(minimum=1, integer=True, quoted=True),
            "Seconds after which a run is ended; 900 where nothing is said, the most there is.",
        ),
        "ephemeral_storage": Field(
            Number(minimum=1, integer=True, quoted=True), "The size of /tmp in MiB, 512 to 10240."
        ),
        "log_retention_days": Field(
            Number(minimum=1, integer=True, quoted=True), "Days after which logs are deleted."
        ),
        "function_config": Field(
            Choice(("environment", "image"), {}),
            "Where a function finds its configuration: its environment, which is short, or a file that"
            " its image holds; environment where nothing is said.",
        ),
    },
)
_NODE = Record(
    "PhysicalResource",
    "How to reach the nodes of a resource.",
    {
        "name": Field(Text("the name of a resource"), "The resource's name.", required=True),
        "fe_node": Field(_FRONT_END, "The front-end node, to install over SSH."),
        "wns": Field(ListOf(_WORKER, "worker nodes"), "The worker nodes, to install over SSH."),
        "influx": Field(_INFLUX, "Where the monitoring data goes."),
        "minio": Field(_MINIO, "The storage of a cluster that is already there."),
        "oscar": Field(_OSCAR, "The OSCAR that is already there."),
        "aws": Field(_AWS, "The account that hosts functions."),
        "kubernetes": Field(_KUBERNETES, "The Kubernetes that is already there, without OSCAR."),
    },
)
_LAYER = Record(
    "PhysicalLayer",
    "The nodes of one computational layer.",
    {
        "number": Field(Number(minimum=1, integer=True), "The layer's number.", required=True),
        "Resources": Field(MapOf(_NODE, "resources"), "The layer's resources.", required=True),
    },
)
PHYSICAL_NODES = Record(
    "PhysicalNodes",
    "How to reach nodes that exist already.",
    {"ComputationalLayers": Field(MapOf(_LAYER, "layers"), "The layers, by computationalLayer<N>.")},
)

_METHOD = Record(
    "Method",
    "One search method of the solver.",
    {
        "name": Field(
            Text("the name of a method"), "The method's name, for example RandomGreedy.", required=True
        ),
        "iterations": Field(Number(minimum=1, integer=True, quoted=True), "How often it repeats."),
        "duration": Field(Number(above=0, quoted=True), "How long it may search."),
        "startingPointNumber": Field(
            Number(minimum=1, integer=True, quoted=True), "From how many solutions it starts."
        ),
        "specialParameters": Field(ANYTHING, "Parameters of this method alone."),
    },
)
_GROUP = ListOf(Text("the key of a layer"), "layer keys")
_DATA = Record(
    "ComponentData",
    "What one component sends on.",
    {"dataSize": Field(Number(minimum=0), "Output size in MB.")},
)
SPACE4AI_D = Record(
    "Space4aiD",
    "How the placement solver searches.",
    {
        "Time": Field(Number(above=0, quoted=True), "Hours of operation to price."),
        "EdgeResources": Field(_GROUP, "The layers at the edge."),
        "CloudResources": Field(_GROUP, "The layers in the cloud."),
        "FaaSResources": Field(_GROUP, "The layers of cloud functions."),
        "Methods": Field(MapOf(_METHOD, "methods"), "The search methods, in order."),
        "Seed": Field(Number(integer=True, quoted=True), "The seed of random choices."),
        "VerboseLevel": Field(Number(integer=True, quoted=True), "How much the solver says."),
        "Components": Field(MapOf(_DATA, "components"), "Data sizes; an old form, read but not needed."),
    },
)

ENVIRONMENT = MapOf(Verbatim(), "environment variables")
