"""Findings about the components' code, their annotations, models and quality of service."""

from __future__ import annotations

from typing import Final

from aisprint_cli.load.codes.code import Code, error, warning

_CODE: Final = (
    error(
        "code.no-source-directory",
        "There is no `src` directory.",
        "The application has no code to deploy.",
        "Create src with a directory for each component.",
    ),
    warning(
        "code.no-main-file",
        "A directory below `src` has no main.py.",
        "It is skipped: it cannot be a component.",
        "Add main.py, or move the directory out of src.",
    ),
    error(
        "code.component-without-code",
        "A component has no code.",
        "There is nothing to deploy for it.",
        "Add a directory below src whose main.py is annotated with the component's name.",
    ),
    warning(
        "code.unused-component",
        "Code declares a component that is not in the application's DAG.",
        "It is not deployed.",
        "Add the component to application_dag.yaml, or correct the name.",
    ),
    error(
        "code.duplicate-component",
        "Two main.py declare the same component.",
        "Only one of them could be deployed.",
        "Give each a name of its own.",
    ),
    error(
        "code.syntax",
        "A main.py is not Python.",
        "It can neither be read nor run.",
        "Mend the line shown.",
    ),
    error(
        "code.no-main",
        "A main.py has no module-level `main` function.",
        "Annotations stand on `main`, so nothing is known of the component.",
        "Define `def main(...)` at the top level and put the annotations on it.",
    ),
    error(
        "code.several-mains",
        "A main.py defines `main` more than once.",
        "Python keeps only the last one, with its annotations.",
        "Delete or rename the others.",
    ),
    error(
        "code.async-main",
        "`main` is an async function.",
        "Calling it would make a coroutine that nobody awaits.",
        "Make it a plain function; call asyncio.run inside it.",
    ),
    warning(
        "code.main-not-called",
        "A main.py never runs anything when it is started.",
        "The component is started as `python main.py -i INPUT -o OUTPUT` and would end at once.",
        'Call `main` below `if __name__ == "__main__":`.',
    ),
    warning(
        "code.no-requirements",
        "A component has no requirements.txt.",
        "Its environment gets no packages besides the run-time library.",
        "Add requirements.txt; it may be empty.",
    ),
    error(
        "environment.name",
        "env.yaml gives a variable a name that no variable can have.",
        "The component's image and process could not be given it.",
        "Use letters, digits and `_`, and start with a letter or `_`.",
    ),
)

_ANNOTATIONS: Final = (
    error(
        "annotation.unknown",
        "There is no annotation of that name.",
        "It would be ignored, and what it asks for would not happen.",
        "Correct the name.",
    ),
    error(
        "annotation.not-called",
        "An annotation stands without brackets.",
        "It would take `main` as its argument, and `main` would never run.",
        "Call it with its arguments.",
    ),
    error(
        "annotation.arguments",
        "An annotation is given too many arguments, unknown ones, or ones of the wrong form.",
        "The decorator would fail when the component starts, or what they mean cannot be known.",
        "Give the arguments that docs/validation.md lists, by name.",
    ),
    error(
        "annotation.not-literal",
        "A value of an annotation is not a literal.",
        "The code is read, never run, so a value that must be computed is unknown.",
        "Write the value itself, or a module-level constant that is assigned once.",
    ),
    error(
        "annotation.key-not-text",
        "A key of a dict is not text.",
        "Names of annotations and arguments are text.",
        "Put the key in quotes.",
    ),
    error(
        "annotation.duplicate",
        "An annotation or an argument is given twice.",
        "Only one of them could count.",
        "Delete one of the two.",
    ),
    warning(
        "annotation.not-on-main",
        "An annotation stands on a function other than `main`.",
        "Only `main` is read, so it is ignored.",
        "Move it to `main`.",
    ),
    error(
        "annotation.no-component-name",
        "A main.py does not declare its component.",
        "The code belongs to no node of the DAG.",
        'Add `@component_name(name="...")` to `main`.',
    ),
    error(
        "annotation.conflict",
        "partitionable_model and early_exits_model stand on one component.",
        "Both split the model, in different ways.",
        "Keep one of them.",
    ),
    warning(
        "annotation.several-drift-detectors",
        "detect_metric_drift stands on more than one component.",
        "The reference tool watches only the first.",
        "Keep one of them if other AI-SPRINT tools are used.",
    ),
    warning(
        "annotation.no-exit-probabilities",
        "early_exits_model has no transition_probabilities.",
        "How often each exit is taken is unknown, so the design cannot weigh what follows.",
        "Give for each exit the probability of not leaving there.",
    ),
    error(
        "annotation.no-alternatives",
        "model_performance is asked for, but the application has no alternative components.",
        "There is nothing to choose between.",
        "Add alternative_components to application_dag.yaml, or delete the annotation.",
    ),
    error(
        "annotation.device-memory",
        "device_constraints asks for more memory than the component's container has.",
        "The container would be stopped for lack of memory.",
        "Raise memorySize of the container (ram is in GB), or lower ram.",
    ),
    warning(
        "annotation.device-gpu",
        "device_constraints asks for a GPU, but the container does not.",
        "The component may be placed where there is no GPU.",
        "Set GPURequirement of the container, or delete vram and use_gpu_for.",
    ),
)

_MODELS: Final = (
    error(
        "model.unsafe-path",
        "A model's file name leaves the component's onnx folder.",
        "Only files of the component are part of its deployment.",
        "Give the name of a file in the onnx folder.",
    ),
    error(
        "model.missing-file",
        "A model's file is not in the component's onnx folder.",
        "There is nothing to split.",
        "Put the file there, or correct the name.",
    ),
    error(
        "model.not-fetched",
        "A model's file is empty, or only a pointer of Git LFS.",
        "The model itself is not on this machine.",
        "Run `git lfs pull`, or put the model there.",
    ),
    error(
        "exits.missing-file",
        "A component with early exits has no onnx/early_exits.csv.",
        "Where the model can be left is unknown.",
        "Write the file with the columns exits, input_nodes and output_nodes.",
    ),
    error(
        "exits.header",
        "early_exits.csv does not have the columns exits, input_nodes, output_nodes.",
        "Its cells cannot be told apart.",
        "Start the file with the line `exits,input_nodes,output_nodes`.",
    ),
    error(
        "exits.row",
        "A row of early_exits.csv cannot be read.",
        "The exit's tensors are unknown.",
        "Write exit,['tensor'],['tensor'], and put a list of several tensors in double quotes.",
    ),
    error(
        "exits.count",
        "The number of exits and of transition_probabilities differ.",
        "Each exit needs one probability of not leaving there.",
        "Give as many probabilities as early_exits.csv has rows.",
    ),
    error(
        "exits.condition",
        "The condition_function is not defined in main.py.",
        "The generated code calls it after each exit.",
        "Define it at the top level of main.py, or correct the name.",
    ),
)

_QOS: Final = (
    error(
        "qos.no-previous",
        "global_time_thr has no prev_components.",
        "A global limit is on the time from the first previous component to this one.",
        "Give the path of components that leads here, or use local_time_thr.",
    ),
    error(
        "qos.no-global-limit",
        "prev_components has no global_time_thr.",
        "Without a limit the path means nothing, and no constraint is made.",
        "Give global_time_thr, or delete prev_components.",
    ),
    error(
        "qos.unknown-component",
        "prev_components names a component that does not exist.",
        "The path cannot be followed.",
        "Correct the name.",
    ),
    error(
        "qos.own-path",
        "prev_components contains the component itself.",
        "The path ends with this component anyway.",
        "Delete it from the list.",
    ),
    error(
        "qos.not-a-path",
        "prev_components is not a path of the DAG that ends before the component.",
        "No input ever takes that way, so the limit would never be checked.",
        "List each component of the path, first to last, without gaps.",
    ),
    error(
        "qos.unmeasured-previous",
        "A component of prev_components has no exec_time annotation.",
        "Its time is not measured, so the limit cannot be checked.",
        "Add @exec_time() to it.",
    ),
    error(
        "qos.contradiction",
        "A global limit is below a local limit on its path.",
        "The global limit is always exceeded first; one of the two is not what you mean.",
        "Lower the local limit, or raise the global one.",
    ),
)

CODES: Final[tuple[Code, ...]] = (*_CODE, *_ANNOTATIONS, *_MODELS, *_QOS)
