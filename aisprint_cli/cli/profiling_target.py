"""Where a fitted model goes: a file of models, or an application with the demand that placement reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aisprint_cli.errors import InvalidInputError, UsageError

if TYPE_CHECKING:
    from aisprint_cli.profiling.model import PerformanceModel


class Target:
    """Where a model goes, and under which names."""

    def __init__(
        self,
        component: str,
        part: str | None,
        resource: str,
        cores: float | None,
        load: float | None,
        application: Path | None,
    ) -> None:
        self.component, self.part, self.resource = component, part or component, resource
        self.cores, self.load, self.application = cores, load, application
        given = [
            name
            for name, value in (("--part", part), ("--cores", cores), ("--load", load))
            if value is not None
        ]
        if application is None and given:
            raise UsageError(f"{', '.join(given)} without --write-models.", mend="Give --write-models APP.")
        if application is not None and (not application.is_dir() or cores is None or resource == "any"):
            raise UsageError(
                "--write-models needs an application directory, --resource and --cores.",
                mend="Give the resource and the cores of one of its instances.",
            )

    def check(self) -> None:
        """Refuse names that the application does not have: nothing would ever read what stands under them.

        Raises:
            InvalidInputError: when the application itself cannot be used.
            UsageError: when a name is not known.

        """
        from aisprint_cli.load.application import load_application
        from aisprint_cli.model.naming import parse_part

        if self.application is None:
            return
        loaded = load_application(self.application)
        if loaded.application is None:
            raise InvalidInputError(
                "The application cannot be used as it is.", loaded.errors, directory=self.application
            )
        known = sorted({*loaded.application.dag.components})
        if self.component not in known:
            raise UsageError(
                f"The application has no component {self.component}.",
                mend=f"Give --component: {', '.join(known)}.",
            )
        if self.part != self.component and parse_part(self.part, {self.component}) is None:
            raise UsageError(
                f"{self.part} is no part of {self.component}.",
                mend=f"Give --part such as {self.component}_partition1_1, or leave it out.",
            )
        if loaded.application.catalogue.resource(self.resource) is None:
            names = sorted(item.name for layer in loaded.application.catalogue for item in layer.resources)
            raise UsageError(
                f"The application has no resource {self.resource}.", mend=f"Give one of: {', '.join(names)}."
            )

    def write(self, model: PerformanceModel, out: Path | None) -> dict[str, object]:
        """Write what is asked for; gives what was written, as JSON values."""
        from aisprint_cli.placement.from_application import MODELS_PATH
        from aisprint_cli.profiling.demand_file import written_demand
        from aisprint_cli.profiling.model_file import FITTED_PATH, write_model
        from aisprint_cli.system.files import write_atomic

        written: dict[str, object] = {}
        demand_s = text = None
        if self.application is not None:
            demand_s = self._demand_s(model)
            text = written_demand(self.application, self.component, self.part, self.resource, demand_s)
        if out is not None:
            write_model(out, self.component, self.resource, model)
            written["models"] = str(out)
        if self.application is not None and text is not None:
            write_model(self.application / FITTED_PATH, self.part, self.resource, model)
            write_atomic(self.application / MODELS_PATH, text)
            written |= {"application": str(self.application), "demand_s": demand_s}
        return written

    def _demand_s(self, model: PerformanceModel) -> float:
        from aisprint_cli.profiling.demand_file import demand_of

        load = self.load if self.load is not None else model.load_range[1]
        try:
            return demand_of(model, self.cores or 0.0, load)[0]
        except ValueError as error:
            raise UsageError(
                f"No demand can be computed: {error}.",
                why="A demand is for one request, a run may have many.",
                mend="Give --jobs (1 if a run is one request), and numbers above 0.",
            ) from error
