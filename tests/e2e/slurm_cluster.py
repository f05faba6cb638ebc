"""A Slurm cluster of this machine alone, for one test: munged, slurmctld and some slurmd with made-
up names, all in a temporary folder, on free ports, ended with it. Nothing of the system's is
touched.

    with Cluster(folder, nodes=4) as cluster:
        cluster.run("sinfo")
"""

import os
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol", "scancel")
WAIT_S = 30


def why_not():
    """Why there can be no cluster here; None if there can."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if absent:
        return (f"no {', '.join(absent)}: install Debian's slurmctld, slurmd, slurm-client, "
                "slurm-wlm-basic-plugins and munge")
    if os.geteuid() != 0:
        return "slurmd wants to be started by root"
    return None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    def __init__(self, folder, nodes):
        self.folder = folder
        self.nodes = nodes
        self.processes = {}
        self.environment = dict(os.environ, SLURM_CONF=os.path.join(folder, "slurm.conf"),
                                PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def spawn(self, name, *command):
        with open(self.path(f"{name}.out"), "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True)

    def start(self):
        # munged refuses a key and a socket in folders that others may write.
        os.chmod(self.folder, 0o755)
        for name in ("state", "munge"):
            os.makedirs(self.path(name), exist_ok=True)
            os.chmod(self.path(name), 0o755)
        with open(self.path("munge", "key"), "wb") as key:
            os.fchmod(key.fileno(), 0o600)
            key.write(os.urandom(1024))
        self.spawn("munged", "munged", "--foreground", "--force", "--num-threads=2",
                   f"--key-file={self.path('munge', 'key')}",
                   f"--socket={self.path('munge', 'socket')}",
                   f"--pid-file={self.path('munge', 'pid')}",
                   f"--seed-file={self.path('munge', 'seed')}",
                   f"--log-file={self.path('munge', 'log')}")
        self.await_that(lambda: os.path.exists(self.path("munge", "socket")), "munged")
        self.write_configuration()
        self.start_controller()
        for number in range(1, self.nodes + 1):
            self.spawn(f"n{number}", "slurmd", "-D", "-N", f"n{number}")
        self.await_that(lambda: self.idle() == self.nodes, "all nodes are idle")

    def write_configuration(self):
        controller, *ports = free_ports(1 + self.nodes)
        host = socket.gethostname().split(".")[0]
        lines = [
            "ClusterName=roofscape", f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={controller}", "SlurmUser=root", "SlurmdUser=root",
            "AuthType=auth/munge", "CredType=cred/munge",
            f"AuthInfo=socket={self.path('munge', 'socket')}",
            f"StateSaveLocation={self.path('state')}",
            f"SlurmdSpoolDir={self.path('spool-%n')}",
            f"SlurmctldPidFile={self.path('slurmctld.pid')}",
            f"SlurmdPidFile={self.path('slurmd-%n.pid')}",
            f"SlurmctldLogFile={self.path('slurmctld.log')}",
            f"SlurmdLogFile={self.path('slurmd-%n.log')}",
            "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none",
            "MpiDefault=none", "ReturnToService=2", "SchedulerType=sched/backfill",
            "SelectType=select/cons_tres", "SelectTypeParameters=CR_Core_Memory",
            "SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2",
            "SlurmdParameters=config_overrides", "MinJobAge=3600", "KillWait=5", "MessageTimeout=3",
            "AccountingStorageType=accounting_storage/none",
            "JobAcctGatherType=jobacct_gather/none", "JobCompType=jobcomp/none",
        ]
        for number, port in enumerate(ports, 1):
            lines.append(f"NodeName=n{number} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                         "CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 "
                         "RealMemory=2000 State=UNKNOWN")
        lines.append(f"PartitionName=bench Nodes=n[1-{self.nodes}] Default=YES MaxTime=INFINITE "
                     "State=UP")
        with open(self.path("slurm.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def start_controller(self):
        self.spawn("slurmctld", "slurmctld", "-D")
        self.await_that(lambda: self.run("scontrol", "ping", check=False).stdout.count(" UP"),
                        "slurmctld")

    def stop_controller(self):
        self.end("slurmctld")

    def idle(self):
        states = self.run("sinfo", "-h", "-N", "-o", "%T", check=False).stdout.split()
        return states.count("idle")

    def run(self, *command, check=True):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=60, check=check)

    def await_that(self, holds, what):
        end = time.monotonic() + WAIT_S
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"the cluster: {what}: not within {WAIT_S} s; see "
                                   f"{self.folder}")
            time.sleep(0.05)

    def end(self, name):
        process = self.processes.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        # The jobs first: they are children of slurmstepd, which outlives slurmd.
        if "slurmctld" in self.processes:
            self.run("scancel", "--user=root", check=False)
            end = time.monotonic() + 15
            while self.run("squeue", "-h", check=False).stdout.strip() and time.monotonic() < end:
                time.sleep(0.1)
        for name in [n for n in self.processes if n != "munged"]:
            self.end(name)
        self.end("munged")
