"""Everything that is generated for one deployment: one call for `toscarize` and for whatever deploys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aisprint_cli.generate.assumptions import assumptions
from aisprint_cli.generate.blueprint import Blueprint
from aisprint_cli.generate.fdl import FdlFile, make_fdl_files
from aisprint_cli.generate.options import DEFAULTS, Options
from aisprint_cli.generate.output import wanted_files
from aisprint_cli.generate.positions import Locate, whole_file
from aisprint_cli.generate.read import Template, read_template
from aisprint_cli.generate.templates import TemplateFile, make_component_templates, make_templates
from aisprint_cli.model.application import Application
from aisprint_cli.model.deployment import Deployment


@dataclass(frozen=True)
class DeploymentFiles:
    """What a deployment's directory should hold.

    `components` are the templates of single parts, where they were asked for.
    `texts` are the files by path relative to that directory, as they are to be written; `assumptions`
    are what they take for granted because no file of the application says it, in words.
    """

    templates: tuple[TemplateFile, ...]
    fdl: tuple[FdlFile, ...]
    texts: Mapping[str, str]
    assumptions: tuple[str, ...] = ()
    components: tuple[TemplateFile, ...] = ()

    def read(self) -> tuple[Template, ...]:
        """The templates as values, by layer number."""
        return tuple(read_template(template.text, template.file_name) for template in self.templates)


def make_deployment_files(
    application: Application,
    deployment: Deployment,
    *,
    options: Options = DEFAULTS,
    locate: Locate = whole_file,
) -> DeploymentFiles:
    """The templates and the FDL of a deployment, checked and verified.

    Args:
        application: the application.
        deployment: one of its deployments.
        options: what was chosen beyond that.
        locate: where a value of a document of the application stands, for messages.

    Raises:
        InvalidInputError: when the deployment cannot run as it is; carries every reason.
        VerificationError: when a template is not valid TOSCA.
    """
    templates = make_templates(application, deployment, options=options, locate=locate)
    fdl = make_fdl_files(application, deployment, options=options, locate=locate)
    notes = assumptions(Blueprint(application, deployment, options))
    components: tuple[TemplateFile, ...] = ()
    if options.per_component:
        components = make_component_templates(application, deployment, options=options, locate=locate)
    texts = wanted_files((*templates, *components), fdl)
    return DeploymentFiles(templates, fdl, texts, notes, components)
