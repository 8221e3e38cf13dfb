"""Looks at what it has been given, tries what it may not, and says so by refusing the file."""

import gc
import io
import json
import os
import resource
import sys
import warnings

from codeanatomy.extract.source import Failed
from tests.sandbox.zoo.animal import Animal


class Prober(Animal):
    def bite(self, source):
        facts = {
            "path": source.path,
            "environment": dict(os.environ),
            "folder": os.getcwd(),
            "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
            "isolated": sys.flags.isolated,
            "no_site": sys.flags.no_site,
            "collects": gc.isenabled(),
            "warns": warnings.filters[0][0],
            "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
            "writing": self.write_file(),
            "leads_session": os.getsid(0) == os.getpid() == os.getpgid(0),
            "no_new_privileges": self.status("NoNewPrivs"),
        }
        raise Failed("CA201", json.dumps(facts))

    def write_file(self):
        descriptor = os.memfd_create("probe")
        try:
            os.write(descriptor, b"x")
        except OSError as error:
            return error.strerror
        finally:
            os.close(descriptor)
        return "possible"

    def status(self, name):
        with io.open("/proc/thread-self/status") as file:
            return dict(line.split(":", 1) for line in file)[name].strip()


open = Prober
