"""After a failure a person goes back to what was there, or on to what was wanted, or does a part of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from directory_backend import DirectoryBackend, chain, function, plain_secret
from installed_command import CommandLine
from run_once import EXECUTION, run, workspace
from tiny_chain import change_component

from aisprint_cli.backends.interface import EVERY_CAPABILITY, RUNNER_FACT, Capability, FunctionSpec, Item
from aisprint_cli.deploy.executor import Outcome
from aisprint_cli.deploy.ledger import DeploymentState
from aisprint_cli.deploy.planner import RecordState
from aisprint_cli.deploy.rollback import Rollback, before_run, roll_back

DOUBLE = ("--backend", "directory")
SPELL = function("spell", "shop-l2", reads="find/output", writes=(("shop-l2", "spell/output"),))


def _world(root: Path) -> DirectoryBackend:
    return DirectoryBackend(root / "world", plain_secret)


def _changed(item: Item, *, digest: str, image: str = "img") -> Item:
    spec = item.spec
    assert isinstance(spec, FunctionSpec)
    return replace(item, spec=replace(spec, source_digest=digest, service={**spec.service, "image": image}))


def _failing(
    root: Path, items: tuple[Item, ...], *calls: str, sources: bool = False
) -> tuple[Outcome, Rollback]:
    """A run in which some calls fail, and the way back, in which they do not."""
    with workspace(root) as opened:
        assert isinstance(opened.backend, DirectoryBackend)
        opened.backend.capabilities = EVERY_CAPABILITY | ({Capability.SOURCES} if sources else set())
        before = before_run(opened)
        _world(root).setting(fail=list(calls))
        outcome = run(root, "deploy", items)
        _world(root).setting(fail=[])
        return outcome, roll_back(opened, before, EXECUTION)


def test_a_first_deploy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    outcome, back = _failing(tmp_path, chain(), "apply function/shop-l1/find")

    assert (outcome.complete, back.complete) == (False, True)
    assert _world(tmp_path).existing == {}
    with workspace(tmp_path) as opened:
        assert opened.current() is None
        assert {record.state for record in opened.records().values()} == {RecordState.REMOVED}


def test_what_was_made_changed_and_removed_is_undone(tmp_path: Path) -> None:
    """`find` changes, `read` goes and `spell`, which fails, comes in its place."""
    run(tmp_path, "deploy")
    before = _world(tmp_path).existing
    wanted = (*chain()[:2], _changed(chain()[2], digest="b", image="img:2"), SPELL)

    outcome, back = _failing(tmp_path, wanted, "apply function/shop-l2/spell")

    assert (outcome.complete, back.complete, back.lost) == (False, True, ())
    assert _world(tmp_path).existing == before
    with workspace(tmp_path) as opened:
        assert opened.require_complete().state is DeploymentState.ACTIVE
    assert run(tmp_path, "deploy").done == ()


def test_code_that_is_gone_stays_gone_and_is_named(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    wanted = (*chain()[:2], _changed(chain()[2], digest="b"), SPELL)

    _, back = _failing(tmp_path, wanted, "apply function/shop-l2/spell")

    assert [(item.id, reason) for item, reason in back.lost] == [
        ("function/shop-l1/find", "its image img has the name of the new one")
    ]
    assert not back.complete
    assert "function/shop-l2/read" in _world(tmp_path).existing
    with workspace(tmp_path) as opened:
        assert opened.require_deployed().state is DeploymentState.DEPLOYING


def test_where_functions_are_made_from_their_sources_these_have_to_be_as_they_were(tmp_path: Path) -> None:
    run(tmp_path, "deploy")
    wanted = (*chain()[:2], _changed(chain()[2], digest="b", image="img:2"), chain()[3], SPELL)

    _, back = _failing(tmp_path, wanted, "apply function/shop-l2/spell", sources=True)

    assert [reason for _, reason in back.lost] == ["aisprint/designs/find/base is not what it was"]


def test_functions_that_run_from_their_images_need_no_sources_to_go_back(tmp_path: Path) -> None:
    spec = chain()[2].spec
    assert isinstance(spec, FunctionSpec)
    in_image = replace(chain()[2], spec=replace(spec, access={**spec.access, RUNNER_FACT: "container"}))
    run(tmp_path, "deploy", (*chain()[:2], in_image, chain()[3]))
    before = _world(tmp_path).existing
    wanted = (*chain()[:2], _changed(in_image, digest="b", image="img:2"), chain()[3], SPELL)

    _, back = _failing(tmp_path, wanted, "apply function/shop-l2/spell", sources=True)

    assert (back.complete, back.lost) == (True, ())
    assert _world(tmp_path).existing == before


def test_what_was_not_reached_is_left_as_it_is(tmp_path: Path) -> None:
    """Code cannot be brought back, but nothing of it was changed either: only the record is mended."""
    run(tmp_path, "deploy")
    before = _world(tmp_path).existing
    wanted = (*chain()[:2], _changed(chain()[2], digest="b"), chain()[3])

    _, back = _failing(tmp_path, wanted, "apply function/shop-l1/find")

    assert (back.complete, back.lost) == (True, ())
    assert _world(tmp_path).existing == before


# -- the same as a person asks for it


def test_rollback_is_asked_for_and_said(aisprint: CommandLine) -> None:
    world = DirectoryBackend(aisprint.directory / "world", plain_secret)
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes")
    before = world.existing
    world.setting(fail=["apply function/tiny-chain-l3/sign"])

    failed = aisprint("deploy", "tiny", "--deployment", "deployment2", "--yes", "--rollback", code=5)

    assert "What was there before is there again." in failed.stderr
    assert world.existing == before
    assert aisprint.json("status", "tiny", "--check")["deployment"]["name"] == "base"


def test_resume_goes_on_with_the_run_that_failed_and_with_nothing_else(aisprint: CommandLine) -> None:
    world = DirectoryBackend(aisprint.directory / "world", plain_secret)
    assert "nothing to resume" in aisprint("deploy", "tiny", "--resume", "--yes", code=6).stderr
    world.setting(fail=["apply function/tiny-chain-l2/sign"])
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes", code=5)
    world.setting(fail=[])
    assert "--resume" in aisprint("deploy", "tiny", "--resume", "--base", code=2).stderr

    done = aisprint.json("deploy", "tiny", "--resume", "--yes")

    assert (done["deployment"], done["backend"]) == ("base", "directory")
    assert done["outcome"]["done"] == ["function/tiny-chain-l2/sign"]
    assert aisprint("deploy", "tiny", "--resume", "--yes", code=6).stdout == ""


def test_resume_refuses_what_is_not_what_was_begun(aisprint: CommandLine) -> None:
    world = DirectoryBackend(aisprint.directory / "world", plain_secret)
    world.setting(fail=["apply function/tiny-chain-l2/sign"])
    aisprint("deploy", "tiny", "--base", *DOUBLE, "--yes", code=5)
    world.setting(fail=[])
    change_component(aisprint.directory / "tiny")

    assert "changed since that run began" in aisprint("deploy", "tiny", "--resume", "--yes", code=6).stderr


def test_a_part_brings_what_it_requires_and_the_rest_follows(aisprint: CommandLine) -> None:
    world = DirectoryBackend(aisprint.directory / "world", plain_secret)
    assert "Did you mean sign?" in aisprint("deploy", "tiny", *DOUBLE, "--only", "sing", code=2).stderr

    aisprint("deploy", "tiny", "--base", *DOUBLE, "--only", "sign", "--yes")

    assert set(world.existing) == {"cluster/tiny-chain-l2", "function/tiny-chain-l2/sign"}
    assert "not complete" in aisprint("invoke", "tiny", __file__, code=6).stderr
    aisprint("deploy", "tiny", "--yes")
    assert len(world.existing) == 4


def test_the_time_given_to_a_run_is_kept_and_said(aisprint: CommandLine) -> None:
    late = aisprint("deploy", "tiny", "--base", *DOUBLE, "--timeout", "0", "--yes", code=5)

    assert "the time was over with 4 steps left" in late.stderr
    assert aisprint.json("deploy", "tiny", "--resume", "--yes")["outcome"]["complete"]
