"""The application's lock; every command that changes an application takes the same one."""

from aisprint_cli.system.application_lock import Holder, application_lock

__all__ = ["Holder", "application_lock"]
