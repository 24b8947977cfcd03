"""Images from a private registry: the secret that opens it, and the functions that need it."""

from __future__ import annotations

from typing import Final

from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.cluster import DOMAIN_INPUT, Cluster
from aisprint_cli.generate.cluster_settings import cluster_settings
from aisprint_cli.generate.elasticity import KUBERNETES
from aisprint_cli.generate.expressions import concat, get_input
from aisprint_cli.generate.fragment import Fragment, secret_input
from aisprint_cli.generate.images import image_of

SECRET_NAME: Final = "private-registry"  # noqa: S105  the name of the secret in Kubernetes
_PASSWORD: Final = "registry_password"  # noqa: S105  the name of an input


def pull_secrets(blueprint: Blueprint, image: str) -> list[str]:
    """The names of the secrets that an image is pulled with; none for one that anybody may pull."""
    server = blueprint.options.registry_server
    plain = image.rpartition("://")[2]
    return [SECRET_NAME] if server and plain.startswith(f"{server}/") else []


def registry_secret(blueprint: Blueprint, cluster: Cluster) -> Fragment:
    """The secret on a cluster that is made, where one of its functions needs it."""
    images = [image_of(blueprint, placed) for placed in blueprint.parts_on(cluster)]
    if not any(pull_secrets(blueprint, image) for image in images):
        return Fragment()
    options = blueprint.options
    node = {
        "type": "tosca.nodes.indigo.KubernetesSecretRegistry",
        "properties": {
            "name": SECRET_NAME,
            "namespace": cluster_settings().services_namespace,
            "server": options.registry_server,
            "username": options.registry_username,
            "password": get_input(_PASSWORD),
            "email": concat("admin@", get_input(DOMAIN_INPUT)),
        },
        "requirements": [{"host": KUBERNETES}],
    }
    password = secret_input(options.registry_password, f"Opens the registry {options.registry_server}.")
    return Fragment({_PASSWORD: password}, {"registry_secret": node})
