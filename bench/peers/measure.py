"""One run of one client against one golden server, and what came of it."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import child
import truth
from golden import LATE_LIMIT_S, Golden
from load import Load, Record


# What reading the result of a client that failed may raise.
UNREADABLE = (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError,
              subprocess.CalledProcessError)


@dataclass
class Outcome:
    """record: None where the client gave no result. truth: None where no token was asked for."""

    peer: str
    load: Load
    record: Record | None
    truth: truth.Truth | None
    ran: child.Ran
    message: str = ""

    @property
    def server_late(self):
        return self.truth is not None and self.truth.late_p99_s > LATE_LIMIT_S

    def error(self, what, figure):
        """Reported less true, in seconds; None where either is missing."""
        if self.record is None or self.truth is None:
            return None
        told = getattr(self.record, what).get(figure)
        true = getattr(self.truth, what).get(figure)
        return None if told is None or true is None else told - true


class Bench:
    """Where and on what runs take place."""

    def __init__(self, roofscape, server_cpu, client_cpu, keep=None):
        self.roofscape = roofscape
        self.server_cpu = server_cpu
        self.client_cpu = client_cpu
        self.keep = keep  # A folder: of every run the script, truth, output and result stay there.

    def run(self, peer, load, script, label, timeout_s):
        """golden.Refused where the server does not know what the script says."""
        with tempfile.TemporaryDirectory() as folder:
            golden = Golden(self.roofscape, folder, script, self.server_cpu)
            try:
                command = peer.command(golden.url, load, folder)
                ran = child.run(command, folder, self.client_cpu, timeout_s,
                                peer.environment(load))
            finally:
                golden.stop()
            record, message = self.read(peer, load, folder, ran)
            ids = peer.counted(folder) if record else None
            told = truth.read(golden.truth, peer.skipped(load), load.requests, ids)
            outcome = Outcome(peer.name, load, record, told, ran, message)
            if self.keep:
                self.store(folder, label, command, outcome)
        return outcome

    @staticmethod
    def read(peer, load, folder, ran):
        if ran.timed_out:
            return None, f"cut off after {ran.wall_s:.0f} s"
        try:
            return peer.read_result(folder, load), ""
        except UNREADABLE as error:
            return None, f"no result ({type(error).__name__}); exit status {ran.status}: " \
                         f"{child.last_words(folder)}"

    def store(self, folder, label, command, outcome):
        target = os.path.join(self.keep, label)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.lock"))
        with open(os.path.join(target, "command.json"), "w", encoding="utf-8") as file:
            json.dump(command, file, indent=1)
        with open(os.path.join(target, "figures.json"), "w", encoding="utf-8") as file:
            json.dump({"load": vars(outcome.load), "client": vars(outcome.record or Record()),
                       "truth": vars(outcome.truth) if outcome.truth else None,
                       "cpu_s": outcome.ran.cpu_s, "message": outcome.message}, file, indent=1)
