"""Starts a real Infrastructure Manager on loopback. Run by the Python of its own environment, never imported.

    python launcher.py PORT DIRECTORY

Three things it cannot do here are taken from it. Machines of the Dummy cloud have no SSH, so the
infrastructures whose machines are all of that cloud are not contextualized, except on clouds whose
identifier begins with `unreachable`: these fail as machines that do not answer. And SCAR asks a public
site whether a release exists before it makes a Lambda function; here every release does. Recipes that
templates name are those of the folder beside this file, which do nothing, instead of public ones.
"""

import sys
from pathlib import Path

from IM.config import Config

PORT, DIRECTORY = int(sys.argv[1]), Path(sys.argv[2])
del sys.argv[1:]

Config.REST_ADDRESS = "127.0.0.1"
Config.REST_PORT = PORT
Config.DATA_DB = f"sqlite:///{DIRECTORY / 'im.sqlite'}"
Config.LOG_FILE = str(DIRECTORY / "im.log")
Config.CONFMAMAGER_CHECK_STATE_INTERVAL = 0.2
Config.CHECK_CTXT_PROCESS_INTERVAL = 1
Config.UPDATE_CTXT_LOG_INTERVAL = 1
Config.VM_INFO_UPDATE_FREQUENCY = 0
Config.MAX_VM_FAILS = 1
Config.DELAY_BETWEEN_VM_RETRIES = 0
Config.WAIT_PUBLIC_IP_TIMEOUT = 3
Config.WAIT_SSH_ACCCESS_TIMEOUT = 3
Config.MAX_CONTEXTUALIZATION_TIME = 4

from IM import im_service  # noqa: E402  reads the settings above as it is imported
from IM.connectors.Dummy import DummyCloudConnector  # noqa: E402
from IM.InfrastructureInfo import InfrastructureInfo  # noqa: E402
from IM.tosca.Tosca import Tosca  # noqa: E402
from scar.utils import GitHubUtils  # noqa: E402

_contextualize = InfrastructureInfo.Contextualize


def _needs_no_ssh(infrastructure):
    clouds = [machine.cloud for machine in infrastructure.get_vm_list()]
    return all(cloud.type == "Dummy" and not str(cloud.id).startswith("unreachable") for cloud in clouds)


def contextualize(infrastructure, auth, vm_list=None):
    if _needs_no_ssh(infrastructure):
        infrastructure.radl.contextualize.items = {}
    return _contextualize(infrastructure, auth, vm_list)


_launch = DummyCloudConnector.launch


def launch(connector, *arguments):
    """Machines of the Dummy cloud have one address; each of their other networks gets one too."""
    launched = _launch(connector, *arguments)
    for machine in (machine for done, machine in launched if done):
        for number in range(1, machine.info.systems[0].getNumNetworkIfaces()):
            machine.info.systems[0].setValue(f"net_interface.{number}.ip", f"203.0.113.{number}")
    return launched


DummyCloudConnector.launch = launch
InfrastructureInfo.Contextualize = contextualize
Tosca.ARTIFACTS_PATH = str(Path(__file__).resolve().parent / "recipes")
GitHubUtils.exists_release_in_repo = staticmethod(lambda user, project, tag_name: True)

im_service.main()
