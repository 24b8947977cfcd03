"""The findings of the stages after loading: codes, designs, placement files, templates, images.

A test reads the sources and holds this list to the codes that they use.
"""

from __future__ import annotations

from typing import Final

from aisprint_cli.catalogue.profiling_codes import CODES as _PROFILING
from aisprint_cli.load.codes.code import Code, error, warning

_SPLIT_CODE: Final = (
    error(
        "code.no-call",
        "`main` of a partitionable component never calls load_and_inference.",
        "The model of a partitionable component is run, and split, at that call.",
        "Import load_and_inference from aisprint.onnx_inference and call it in `main`.",
    ),
    error(
        "code.several-calls",
        "load_and_inference is called more than once in `main`.",
        "A component is split at one call, and each of these may be it.",
        "Call it once for the partitionable model; run other models with onnxruntime directly.",
    ),
    error(
        "code.call-in-helper",
        "load_and_inference is called outside `main`.",
        "The parts are cut at a statement of `main`; the rest of a helper cannot be carried over.",
        "Let helpers prepare inputs and use results, and make the call in `main` itself.",
    ),
    error(
        "code.call-not-straight",
        "load_and_inference is called inside a block, a condition or a loop.",
        "The first part ends at the call and the second goes on behind it.",
        "Make the call in a statement of its own at the first level of `main`.",
    ),
    error(
        "code.call-arguments",
        "load_and_inference is not called with a model and a dictionary of inputs.",
        "Each part gets its own model, and the second one other inputs: they must be told apart.",
        "Give both by position, without `*` or `**`.",
    ),
    error(
        "code.no-model-path",
        "No string in main.py is the path of the model.",
        "Each part runs its own model, which is put in the place of this path.",
        "Give the path as the default of a command-line option.",
    ),
    error(
        "code.no-arguments",
        "It is not clear where `main` has the options for input and output.",
        "The first part writes to the output, and the second reads the input, of its command line.",
        "Give the parsed options to `main` as one dictionary.",
    ),
    error(
        "code.arguments-rebound",
        "The command line is assigned again after the input was used.",
        "Each part has a command line of its own, and makes it before anything else.",
        "Parse and convert the command line first, or give the new value another name.",
    ),
    error(
        "code.not-repeatable",
        "A value that the second part needs can neither be carried to it nor made again there.",
        "It comes from the output path, the model or a definition that is no plain value.",
        "Make it in a simple statement of its own at the first level of `main`, or after the inference.",
    ),
    error(
        "code.one-line-main",
        "The body of `main` stands on the line of its `def`.",
        "Statements are put between those of `main`, which need lines of their own.",
        "Start the body on a line of its own.",
    ),
    error(
        "code.dynamic-names",
        "Variables are read by computed names after the inference.",
        "Which variables these are cannot be seen, and so not be carried to the second part.",
        "Name the variables, in a dictionary for instance.",
    ),
    error(
        "code.entry-uses-input",
        "The input is worked on outside `main`, in a way that the later parts cannot leave out.",
        "The later parts are given what the part before handed over, not the component's input.",
        "Do that in `main`, before the inference.",
    ),
)

_DESIGN: Final = (
    error(
        "design.split",
        "A model cannot be read, split or proved equal to its parts.",
        "The component asks to be split.",
        "Remove partitionable_model, or mend the model; `aisprint inspect MODEL` shows its cuts.",
    ),
    warning(
        "design.no-cut",
        "A model has no place where one tensor carries everything.",
        "The component is designed whole only.",
        "Remove partitionable_model, or export the model with fixed input shapes.",
    ),
    error(
        "design.no-candidate",
        "There is no candidate layer for a part.",
        "A part without a candidate layer cannot be deployed.",
        "Add an entry with its name and candidateExecutionLayers to candidate_deployments.yaml.",
    ),
    error(
        "design.no-resource",
        "None of the candidate resources of a part is in a candidate layer.",
        "The part could be placed on that layer, but on nothing there.",
        "Add a resource of the layer to candidateExecutionResources, or drop the layer.",
    ),
    error(
        "design.name",
        "The name of a file is not UTF-8.",
        "Neither the record of the design nor a container image can hold it.",
        "Rename the file.",
    ),
    error(
        "design.link",
        "A symbolic link leads to nothing, or to a directory.",
        "A design is copied into an image, where the link would be broken too.",
        "Remove the link, or make it lead to a file.",
    ),
    error(
        "design.edited",
        "A file that `aisprint design` wrote was edited since.",
        "Designing again would overwrite the edit.",
        "Make the change in the application itself, or give --force: the edit then stays as .orig.",
    ),
    error(
        "design.in-the-way",
        "A file stands where `aisprint design` has to write, and is not known to be its own.",
        "Designing would overwrite it.",
        "Move it away, or give --force: it then stays beside its place as .orig.",
    ),
)

_PLACEMENT: Final = (
    error(
        "placement.no-rate",
        "Nothing says how many requests per second enter the application.",
        "Load, response times and the cost of functions depend on it.",
        "Give --rate, or `expected_throughput(rate=...)` on the first component.",
    ),
    error(
        "placement.no-predictions",
        "There are no performance models.",
        "Without service times neither load nor response times nor costs can be computed.",
        "Profile the components, or write the models as docs/placement.md shows.",
    ),
    error(
        "placement.no-prediction",
        "A part has no prediction on any of its candidate resources.",
        "It has to run somewhere, and what is not known cannot be compared.",
        "Profile it, or add it to the performance models.",
    ),
    warning(
        "placement.left-out",
        "A candidate resource is left out because nothing is predicted for it.",
        "A cheaper placement may be overlooked.",
        "Profile the part there, or add its demand.",
    ),
    warning(
        "placement.no-data-size",
        "The size of what a part sends is not known.",
        "Its transfers count with the access delay of the network only.",
        "Add its size in KB to components_data_size.yaml.",
    ),
)

_SYSTEM: Final = (
    error(
        "json.syntax",
        "The text is not JSON.",
        "No program can read the file.",
        "Mend the line shown; the real cause is often a missing comma, quote or bracket just before it.",
    ),
    error(
        "json.duplicate-key",
        "A key appears twice in one object.",
        "Programs keep one of the two without a word, not always the same one.",
        "Keep one of them.",
    ),
    error(
        "performance.no-demand",
        "A performance entry has no demand.",
        "Without it neither load nor response time nor the cost of functions can be computed.",
        "Give `demand` in seconds; for a function `demandWarm` and `demandCold`.",
    ),
    error(
        "output.not-placed",
        "A component is not in the placement that is read.",
        "Every component has to run somewhere.",
        "Add its deployment and resources.",
    ),
    error(
        "output.not-of-the-system",
        "A placement names what its system file does not have.",
        "It belongs to another system file, or to another version of it.",
        "Give the system file that the placement was made for.",
    ),
    error(
        "system.unknown-name",
        "A system file refers to a name that it does not define.",
        "What it refers to does not exist.",
        "Write a name that the file defines.",
    ),
    error(
        "system.duplicate-name",
        "Two things of one kind have the same name.",
        "They are told apart by their names, resources also across layers.",
        "Give each a name of its own.",
    ),
    error(
        "system.empty",
        "A list that needs an entry is empty.",
        "There is nothing to place.",
        "Add at least one.",
    ),
    error(
        "system.no-resource",
        "A system file has no resource.",
        "There is nothing to run on.",
        "Add at least one resource.",
    ),
    error(
        "system.no-load",
        "No requests enter the system.",
        "Without requests nothing has to run, and no placement is better than another.",
        "Give the requests per second that enter, above 0.",
    ),
    error(
        "system.no-period",
        "The time considered is no time at all.",
        "Costs are those of a period: for none, no placement is cheaper than another.",
        "Give hours above 0, or leave it out, which means 1.",
    ),
    error(
        "system.not-listed",
        "A piece is not in CompatibilityMatrix.",
        "Where a piece may run is listed for each one, if need be with nothing in the list.",
        "List the resources for it in CompatibilityMatrix.",
    ),
    warning(
        "system.unused-deployment",
        "A piece of a deployment has no compatible resource, while another deployment can run.",
        "The deployment it belongs to cannot run and is not considered.",
        "List at least one resource for it, or leave the deployment out.",
    ),
    error(
        "system.contradiction",
        "Two statements of a system file exclude each other.",
        "Both cannot be meant.",
        "Leave out one of the two.",
    ),
    error(
        "system.unknown-word",
        "A word is none of those that have a meaning there.",
        "Only these words are understood.",
        "Write one of them.",
    ),
    error(
        "system.cycle",
        "The components of a system file go round in a circle.",
        "Rates and response times have no meaning on a circle.",
        "Break the circle.",
    ),
    error(
        "system.broken-chain",
        "The pieces of a deployment do not follow one another.",
        "They run one after the other, so each but the last names exactly the next.",
        "Let `next` of each piece name the one that follows.",
    ),
    error(
        "system.wrong-length",
        "A list does not have as many entries as `next`.",
        "Each entry belongs to the entry of `next` at the same place.",
        "Give as many entries as `next` has.",
    ),
    error(
        "system.no-path",
        "A global constraint is not on a path of the graph.",
        "It is about components that follow one another.",
        "List components so that each is in `next` of the one before.",
    ),
    error(
        "system.nowhere-to-run",
        "No deployment of a component has a compatible resource for each of its pieces.",
        "A component runs where every piece of one of its deployments may run.",
        "List at least one resource for it in CompatibilityMatrix.",
    ),
    error(
        "system.unknown-resource",
        "A piece may run on a resource that the file does not have.",
        "Nothing can run there.",
        "Write the name of a resource of the file.",
    ),
    error(
        "system.no-performance",
        "A piece has no demand on a resource that it may run on.",
        "Without it neither load nor response time nor the cost of functions can be computed.",
        "Give it in Performance: `demand` in seconds, or `demandWarm` and `demandCold` for a function.",
    ),
    error(
        "system.learned-model",
        "A performance entry names a regressor file and no demand.",
        "Its prediction comes from that file, which is not read here.",
        "Give the demand in seconds beside it (`demand`, or `demandWarm` and `demandCold`).",
    ),
    error(
        "system.table",
        "The points of a measured curve are not a table of rising rates.",
        "A table is read by rising rates; between its points lie straight lines.",
        "Give `points` as a list of [requests per second and instance, seconds], rates rising.",
    ),
    error(
        "system.rule",
        "A rule of a system file does not say one thing.",
        "A rule is one of pin, keep_off, private, together, apart and quota.",
        "Write it as docs/placement.md shows.",
    ),
    error(
        "schedule.periods",
        "A schedule has both periods and hourly values, or neither.",
        "The load over time is said either period by period or hour by hour.",
        "Give either `periods` or `hourly` with `rate`.",
    ),
    error(
        "schedule.length",
        "How long a period lasts is not clear.",
        "What a period costs depends on it.",
        "Give `hours` to every period; or `from`, the hour of the day, to every one, in ascending order.",
    ),
    error(
        "schedule.values",
        "Hourly lists have different lengths.",
        "Every hour needs one value of each.",
        "Give as many values as `rate` has.",
    ),
    error(
        "schedule.change",
        "A period changes something that cannot be changed.",
        "What cannot be changed cannot differ between periods.",
        "Write a target and a value as for --what-if.",
    ),
    error(
        "schedule.reservation",
        "Something is reserved that cannot be, or twice.",
        "Only what is bought by the instance can be reserved.",
        "Name an edge or cloud resource, each once.",
    ),
)

_TEMPLATES: Final = (
    error(
        "tosca.unplaced",
        "A component has no place in the deployment.",
        "Nothing would run it.",
        "Give it an entry with a layer and a resource in candidate_deployments.yaml.",
    ),
    error(
        "tosca.layer",
        "A part is on a layer that does not exist.",
        "There is no cluster to put it on.",
        "Use a layer of candidate_resources.yaml.",
    ),
    error(
        "tosca.resource",
        "A part is on a resource that its layer does not have.",
        "There is no node to put it on.",
        "Use a resource of the layer.",
    ),
    error(
        "tosca.memory",
        "A container asks for no memory, or for more than a node has.",
        "Nothing runs in none, and no node could ever run the other.",
        "Ask for less, or choose a larger resource.",
    ),
    error(
        "tosca.cores",
        "A container asks for no cores, or for more than a node has.",
        "Nothing runs on none, and no node could ever run the other.",
        "Ask for less, or choose a larger resource.",
    ),
    error(
        "tosca.image",
        "A container's image is no image reference.",
        "The cluster could not pull it.",
        "Write it as registry/repository:tag, or leave it out.",
    ),
    error(
        "tosca.expose",
        "ExposeService is not a map.",
        "OSCAR has to know at least the port.",
        "Write a map with api_port.",
    ),
    error(
        "tosca.elastic",
        "--elastic applies to no layer of the deployment.",
        "Only a Virtual layer with one resource in use can grow: CLUES starts machines of one kind.",
        "Leave it out, or give --elastic 0 to undo it.",
    ),
    error(
        "tosca.registry",
        "A registry is named without a user or a password.",
        "The clusters could not pull from it.",
        "Give --registry-username NAME and --registry-password env:NAME as well.",
    ),
    error(
        "tosca.cloud",
        "--cloud names a layer that has no machines to be made.",
        "It chooses the credentials that the machines of a layer are made with.",
        "Name a layer of type Virtual or PhysicalToBeProvisioned.",
    ),
    error(
        "tosca.machines",
        "A layer is to be set up over SSH, but its machines are not described.",
        "A cluster needs a front end and its workers, with the addresses they have.",
        "Give fe_node and wns with private_ip, ssh_user and ssh_key; or lower totalNodes.",
    ),
    error(
        "tosca.endpoint",
        "An endpoint is no http or https address.",
        "The parts on other layers write to it.",
        "Write it with its scheme.",
    ),
    error(
        "tosca.bucket",
        "A bucket's name cannot be the name of an S3 bucket.",
        "S3 takes 3 to 63 lower-case letters, digits, - and ., a letter or digit first and last.",
        "Choose such a name.",
    ),
    error(
        "images.architecture",
        "An architecture is none that images are built for.",
        "Images are built for amd64 and arm64.",
        "Write one of these, or name an image of your own for its parts.",
    ),
    error(
        "deploy.image",
        "No image is named for a part that goes to a back end which runs images only.",
        "What `aisprint design` made is not sent there.",
        "Build and push an image with `aisprint publish`, or deploy to the local back end.",
    ),
)

CODES: Final[tuple[Code, ...]] = (*_SPLIT_CODE, *_DESIGN, *_PLACEMENT, *_SYSTEM, *_TEMPLATES, *_PROFILING)
