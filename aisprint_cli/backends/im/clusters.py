"""Clusters that are made: each one infrastructure, from its layer's template."""

from __future__ import annotations

from aisprint_cli.backends.im import documents
from aisprint_cli.backends.im.client import GoneError, State
from aisprint_cli.backends.im.connection import Connection
from aisprint_cli.backends.im.documents import Document, Identity
from aisprint_cli.backends.im.infrastructures import Seen, outputs_of
from aisprint_cli.backends.im.settings import INFRASTRUCTURE
from aisprint_cli.backends.interface import ClusterSpec, Item, ItemState, Observed, Progress
from aisprint_cli.errors import ExternalError, StateError
from aisprint_cli.generate.secret_references import is_reference

_ON_THE_WAY = frozenset({State.PENDING, State.RUNNING, State.UNKNOWN})
_LOST = frozenset({State.FAILED, State.OFF})


class Clusters:
    """Makes, changes and removes them.

    Args:
        connection: the server and what is there.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client = connection.client

    # -- looking

    def observed(self, item: Item, spec: ClusterSpec, seen: Seen | None) -> Observed:
        """An item as its infrastructure shows it."""
        if seen is None:
            return Observed(item.id, ItemState.ABSENT)
        state, detail = self.state_of(seen)
        outputs = {INFRASTRUCTURE: self._connection.uri(seen.identifier)}
        if state is ItemState.READY:
            values = self._client.outputs(seen.identifier)
            outputs |= outputs_of(seen.document, values, self._references(spec))
        digest = documents.digest_of(seen.document) or documents.content_digest(seen.document)
        return Observed(item.id, state, digest, detail, outputs)

    def state_of(self, seen: Seen) -> tuple[ItemState, str]:
        """The state of an infrastructure as that of an item, and why."""
        state = seen.health.state
        if state is State.CONFIGURED:
            return ItemState.READY, ""
        if state in _ON_THE_WAY or state is State.DELETING:
            return ItemState.PENDING, f"the infrastructure is {state}"
        reason = self._connection.waiting.reason(seen.identifier)
        return ItemState.FAILED, f"{state}: {reason}" if reason else str(state)

    def _references(self, spec: ClusterSpec) -> dict[str, str]:
        """The reference of each secret of the template, by its value."""
        defaults = documents.inputs_of(documents.load(spec.template)).values()
        return {self._connection.secrets(entry): entry for entry in defaults if is_reference(entry)}

    # -- making

    def apply(self, item: Item, spec: ClusterSpec, progress: Progress) -> Observed:
        """Make a cluster, or bring it up to date; one that an earlier run began is taken over.

        Raises:
            InvalidInputError: when it has no template, or its account is not in the credentials.
            StateError: when it cannot become what is wanted in place.
            ExternalError: when the server refuses or fails.
        """
        wanted = documents.parse(spec.template, item.name)
        for account in documents.cloud_ids(wanted):
            self._connection.credentials.require(account)
        seen = self._find(item, progress)
        if seen is None:
            identifier = self._create(item, spec, wanted, progress)
        else:
            identifier = self._bring(item, spec, wanted, seen, progress)
        found = self._connection.present.look(identifier)
        return self.observed(item, spec, found)

    def _find(self, item: Item, progress: Progress) -> Seen | None:
        """Its infrastructure; None where there is none, or one that is on its way out, until it is gone."""
        for identifier in self._connection.own().get(item.id, ()):
            seen = self._connection.present.look(identifier)
            if seen is not None and seen.health.state is not State.DELETING:
                return seen
            if seen is not None:
                self._connection.waiting.until_gone(identifier, item.name, progress)
        return None

    def _document(self, item: Item, spec: ClusterSpec, wanted: Document) -> Document:
        """What is sent: secrets in place, functions in a form that can be changed, and whose it is."""
        filled = documents.prepared(documents.filled(wanted, self._connection.secrets))
        identity = Identity(spec.application, item.id, self._connection.owner)
        return documents.stamped(filled, identity, item.digest)

    def _create(self, item: Item, spec: ClusterSpec, wanted: Document, progress: Progress) -> str:
        progress(f"Making the infrastructure of {item.name}")
        document = self._document(item, spec, wanted)
        identifier = self._connection.create(document)
        self._connection.waiting.until_configured(identifier, item.name, progress)
        return identifier

    def _bring(self, item: Item, spec: ClusterSpec, wanted: Document, seen: Seen, progress: Progress) -> str:
        """Bring one that is there to where it should be."""
        waiting, identifier = self._connection.waiting, seen.identifier
        if seen.health.state in _ON_THE_WAY:
            waiting.until_configured(identifier, item.name, progress)
        elif seen.health.state is State.STOPPED:
            progress(f"Starting the machines of {item.name}")
            self._client.start(identifier)
            waiting.until_configured(identifier, item.name, progress)
        elif seen.health.state is not State.CONFIGURED:
            return self._repair(item, spec, wanted, seen, progress)
        if documents.digest_of(seen.document) != item.digest:
            self._update(item, spec, wanted, seen, progress)
        return identifier

    def _update(
        self, item: Item, spec: ClusterSpec, wanted: Document, seen: Seen, progress: Progress
    ) -> None:
        document = self._document(item, spec, wanted)
        refused = documents.obstacles(seen.document, document)
        if refused:
            raise StateError(
                f"The cluster {item.name} cannot be changed in place: {', '.join(refused)}.",
                why="Its machines and disks would have to become other ones, and its data with them.",
                mend="Undeploy it, then deploy again.",
            )
        progress(f"Changing the infrastructure of {item.name}")
        text = documents.text_of(documents.update_of(seen.document, document))
        if self._client.can_estimate():
            self._client.estimate(
                text
            )  # a template that is refused while it is merged would stay half-merged
        self._client.update(seen.identifier, text)
        self._connection.waiting.until_configured(seen.identifier, item.name, progress)

    def _repair(self, item: Item, spec: ClusterSpec, wanted: Document, seen: Seen, progress: Progress) -> str:
        """Mend one that failed: only what failed is made anew, and all of it only where nothing lives."""
        identifier = seen.identifier
        lost = [number for number, state in seen.health.machines.items() if state in _LOST]
        if len(lost) == len(seen.health.machines):
            progress(f"Removing what is left of {item.name}, of which no machine lives")
            self.remove(item, progress)
            return self._create(item, spec, wanted, progress)
        for number in lost:
            progress(f"Removing the failed machine {number} of {item.name}")
            self._client.remove_machine(identifier, number)
        if lost or documents.digest_of(seen.document) != item.digest:
            self._update(item, spec, wanted, seen, progress)
        else:
            progress(f"Configuring {item.name} again")
            self._client.reconfigure(identifier)
            self._connection.waiting.until_configured(identifier, item.name, progress)
        return identifier

    # -- removing

    def remove(self, item: Item, progress: Progress) -> None:
        """Remove every infrastructure made for an item; what is gone already is left at that.

        Raises:
            ExternalError: when the server cannot remove one (yet).
        """
        for identifier in self._connection.own().get(item.id, ()):
            self.remove_infrastructure(identifier, item.name, progress)

    def remove_infrastructure(self, identifier: str, name: str, progress: Progress) -> None:
        """Remove one infrastructure and see that it is gone."""
        progress(f"Removing the infrastructure of {name}")
        try:
            self._client.remove(identifier, wait=False)
            self._connection.waiting.until_gone(identifier, name, progress)
        except GoneError:
            pass
        self._connection.present.drop(identifier)


def require_ready(seen: Seen | None, cluster: str) -> Seen:
    """A cluster's infrastructure that functions can be put on.

    Raises:
        ExternalError: when it is not there.
    """
    if seen is None:
        raise ExternalError(
            f"The cluster {cluster} is not there, so no function can go on it.",
            mend="Deploy the cluster first.",
        )
    return seen
