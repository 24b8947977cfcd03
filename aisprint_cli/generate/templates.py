"""From a deployment to the texts of its TOSCA templates, checked and verified."""

from __future__ import annotations

from dataclasses import dataclass

from aisprint_cli.generate import names, yaml_text
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.checks import require_deployable
from aisprint_cli.generate.cluster import Cluster
from aisprint_cli.generate.document import layer_document
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.positions import Locate, whole_file
from aisprint_cli.generate.verify import verify_tosca
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """The template of one layer, as it is to be written."""

    layer: int
    file_name: str
    text: str


def make_templates(
    application: Application,
    deployment: Deployment,
    *,
    options: Options = DEFAULTS,
    locate: Locate = whole_file,
) -> tuple[TemplateFile, ...]:
    """The templates of a deployment, one for each layer that hosts a part, by layer number.

    Args:
        application: the application.
        deployment: one of its deployments.
        options: what was chosen beyond that.
        locate: where a value of a document of the application stands, for messages.

    Raises:
        InvalidInputError: when the deployment cannot run as it is; carries every reason.
        VerificationError: when a template is not valid TOSCA.
    """
    require_deployable(application, deployment, options, locate)
    blueprint = Blueprint(application, deployment, options)
    return tuple(_template(blueprint, cluster) for cluster in blueprint.clusters.values())


def make_component_templates(
    application: Application,
    deployment: Deployment,
    *,
    options: Options = DEFAULTS,
    locate: Locate = whole_file,
) -> tuple[TemplateFile, ...]:
    """A template for each part alone, in the DAG's order, for tools that deploy components one by one.

    A part on a layer that is still to be made has a cluster of its own in it.

    Raises:
        InvalidInputError: when the deployment cannot run as it is; carries every reason.
        VerificationError: when a template is not valid TOSCA.
    """
    require_deployable(application, deployment, options, locate)
    blueprint = Blueprint(application, deployment, options, apart=True)
    parts = [placed.part.name for placed in deployment.placed]
    return tuple(_template(blueprint, blueprint.cluster_of(part)) for part in parts)


def _template(blueprint: Blueprint, cluster: Cluster) -> TemplateFile:
    file_name = names.template_file_name(cluster.number)
    if blueprint.apart:
        file_name = names.component_file_name(cluster.tag)
    text = yaml_text.dump(layer_document(blueprint, cluster), name=file_name)
    verify_tosca(text, file_name)
    return TemplateFile(cluster.number, file_name, text)
