#!/usr/bin/env python3
"""A stand-in for kubectl and the cluster behind it, for tests on one machine: objects are files in
$KUBECTL_STANDIN, the containers of a Pod are processes, their volumes folders. It knows what the
Kubernetes executor of `roofscape sweep` asks for and nothing else, and refuses the rest.

What it is not: an API server. That a real one takes these objects is for the published schema to
say (kubernetes_schema.py), and how a real cluster behaves for a cluster.

    kubectl_standin.py [--namespace=N] apply|get|exec|delete ...      as kubectl
    kubectl_standin.py --pod NAME                                     what a node does for one Pod
"""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import uuid

ROOT = pathlib.Path(os.environ["KUBECTL_STANDIN"])
GRACE_S = 5


@contextlib.contextmanager
def locked():
    with open(ROOT / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def place(kind, name):
    return ROOT / kind.lower() / f"{name}.json"


def load(kind, name):
    try:
        return json.loads(place(kind, name).read_text())
    except FileNotFoundError:
        return None


def save(item):
    path = place(item["kind"], item["metadata"]["name"])
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(item))
    beside.rename(path)


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fail(text, status=1):
    print(text, file=sys.stderr)
    sys.exit(status)


def configuration():
    return json.loads((ROOT / "cluster.json").read_text())


# What kubectl is asked.

def apply(words):
    for word in ("--server-side", "--force-conflicts", "--field-manager=roofscape", "-f"):
        if word not in words:
            fail(f"stand-in: apply: expected {word}")
    print(make(json.loads(sys.stdin.read()))["metadata"]["uid"], end="")


def make(item):
    """The object, or what there is of its name."""
    with locked():
        known = load(item["kind"], item["metadata"]["name"])
        if known is not None:
            return known
        item["metadata"].update(uid=str(uuid.uuid4()), creationTimestamp=stamp())
        item.setdefault("status", {})
        for owner in item["metadata"].get("ownerReferences", []):
            if owner["uid"] != load(owner["kind"], owner["name"])["metadata"]["uid"]:
                fail("stand-in: the owner has another uid")
        save(item)
        if item["kind"] == "Job":
            make_pod(item)
        return item


def make_pod(job):
    name = job["metadata"]["name"]
    template = job["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": f"{name}-{uuid.uuid4().hex[:5]}", "creationTimestamp": stamp(),
                        "labels": dict(template["metadata"]["labels"],
                                       **{"batch.kubernetes.io/job-name": name})},
           "spec": template["spec"], "status": {"phase": "Pending"}}
    save(pod)
    with open(ROOT / f"{pod['metadata']['name']}.log", "wb") as log:
        subprocess.Popen([sys.executable, __file__, "--pod", pod["metadata"]["name"]],
                         stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def get(words):
    if words[0] == "job":
        item = load("job", words[1])
        if item is None:
            return
        if words[2:] != ["--ignore-not-found", "-o", "jsonpath={.metadata.uid}"]:
            fail(f"stand-in: get job: not known: {words}")
        print(item["metadata"]["uid"], end="")
        return
    if words[0] != "jobs,pods" or words[1] != "-l" or words[3:] != ["-o", "json"]:
        fail(f"stand-in: get: not known: {words}")
    key, value = words[2].split("=")
    items = []
    with locked():
        for kind in ("job", "pod"):
            for path in sorted((ROOT / kind).glob("*.json")):
                item = json.loads(path.read_text())
                if item["metadata"]["labels"].get(key) == value:
                    items.append(item)
    with open(ROOT / "gets", "a", encoding="utf-8") as log:
        log.write(f"{len(items)}\n")
    print(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def delete(words):
    if words[0] != "job" or "--wait=false" not in words or "--ignore-not-found" not in words:
        fail(f"stand-in: delete: not known: {words}")
    delete_job(words[1])


def delete_job(name):
    with locked():
        place("job", name).unlink(missing_ok=True)
        place("configmap", name).unlink(missing_ok=True)


def execute(words):
    pod, option, container, dashes, *command = words
    if option != "-c" or dashes != "--":
        fail(f"stand-in: exec: not known: {words}")
    item = load("pod", pod)
    if item is None:
        fail(f'Error from server (NotFound): pods "{pod}" not found')
    states = {c["name"]: c["state"] for c in item["status"].get("containerStatuses", [])}
    if "running" not in states.get(container, {}):
        fail(f'error: unable to upgrade connection: container not found ("{container}")')
    spec = next(c for c in item["spec"]["containers"] if c["name"] == container)
    words = mapped(command, spec, pod)
    os.execvp(words[0], words)


# What a node does.

def volume_folder(pod, volume):
    return ROOT / "volumes" / pod / volume


def mapped(words, container, pod):
    """Paths in the container as paths here."""
    mounts = {m["mountPath"]: str(volume_folder(pod, m["name"]))
              for m in container["volumeMounts"] if m["name"] != "shm"}
    for inside, outside in sorted(mounts.items(), key=lambda m: -len(m[0])):
        pattern = r"(?<![\w./-])" + re.escape(inside) + r"(?![\w.-])"
        words = [re.sub(pattern, outside.replace("\\", r"\\"), word) for word in words]
    return words


class Node:
    """Brings one Pod to its end."""

    def __init__(self, name):
        self.name = name
        self.containers = {}
        self.job = load("pod", name)["metadata"]["labels"]["batch.kubernetes.io/job-name"]

    def change(self, **status):
        with locked():
            item = load("pod", self.name)
            if item is not None:
                item["status"].update(status)
                save(item)
        return item

    def wanted(self):
        return load("job", self.job) is not None

    def run(self):
        while not self.schedule():
            if not self.wanted():
                return self.remove()
            time.sleep(0.1)
        while load("configmap", self.job) is None:
            if not self.wanted():
                return self.remove()
            time.sleep(0.1)
        self.mount()
        self.start()
        return self.watch()

    def schedule(self):
        cluster = configuration()
        with locked():
            item = load("pod", self.name)
            if item is None:
                return False
            spec = item["spec"]
            not_on = [value for term in spec.get("affinity", {}).get("nodeAffinity", {}).get(
                "requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
                      for rule in term["matchFields"] for value in rule["values"]]
            taken = {}
            for path in (ROOT / "pod").glob("*.json"):
                other = json.loads(path.read_text())
                lives = other["status"]["phase"] in ("Pending", "Running")
                if "nodeName" in other["spec"] and lives:
                    taken[other["spec"]["nodeName"]] = True
            asked = spec["containers"][0].get("resources", {}).get("limits", {})
            for node, has in cluster["nodes"].items():
                enough = all(int(count) <= has.get(name, 0) for name, count in asked.items())
                if node not in not_on and node not in taken and enough:
                    item["spec"]["nodeName"] = node
                    save(item)
                    return True
            why = f"0/{len(cluster['nodes'])} nodes are available: {asked or 'all are taken'}"
            item["status"]["conditions"] = [{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": why}]
            save(item)
            return False

    def mount(self):
        spec = load("pod", self.name)["spec"]
        for volume in spec["volumes"]:
            folder = volume_folder(self.name, volume["name"])
            folder.mkdir(parents=True)
            if "configMap" in volume:
                for name, text in load("configmap", volume["configMap"]["name"])["data"].items():
                    (folder / name).write_text(text)

    def start(self):
        spec = load("pod", self.name)["spec"]
        for container in spec["containers"]:
            name = container["name"]
            if container["image"] not in configuration()["images"]:
                self.containers[name] = None
                continue
            with open(ROOT / f"{self.name}-{name}.log", "ab") as log:
                self.containers[name] = subprocess.Popen(
                    mapped(container["command"], container, self.name), stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log, start_new_session=True,
                    cwd=volume_folder(self.name, "roofscape"))

    def statuses(self):
        states = []
        for name, process in self.containers.items():
            if process is None:
                state = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}
            elif process.poll() is None:
                state = {"running": {"startedAt": stamp()}}
            else:
                code = process.returncode
                state = {"terminated": {"exitCode": code if code >= 0 else 128 - code}}
            states.append({"name": name, "state": state})
        return states

    def watch(self):
        pulled = all(self.containers.values())
        self.change(phase="Running" if pulled else "Pending", containerStatuses=self.statuses())
        while True:
            time.sleep(0.1)
            if not self.wanted():
                self.end()
                return self.remove()
            evicted = ROOT / "evict" / self.name
            if evicted.exists():
                self.end(grace_s=0)
                self.change(containerStatuses=self.statuses(), phase="Failed", reason="Evicted",
                            message="The node was low on resource: memory.")
                return self.finish(False)
            item = self.change(containerStatuses=self.statuses())
            if item is None or not all(self.containers.values()):
                continue
            codes = [process.poll() for process in self.containers.values()]
            if None not in codes:
                good = not any(codes)
                self.change(containerStatuses=self.statuses(),
                            phase="Succeeded" if good else "Failed")
                return self.finish(good)

    def end(self, grace_s=GRACE_S):
        """Ends the containers as a node does: their first processes, and then all of them. A
        container is a process with its descendants, here found by what they have in common."""
        running = [p for p in self.containers.values() if p is not None and p.poll() is None]
        for process in running:
            if grace_s:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + grace_s
        while any(p.poll() is None for p in running) and time.monotonic() < until:
            time.sleep(0.05)
        for pid in descendants([p.pid for p in running]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in running:
            process.wait()

    def finish(self, good):
        with locked():
            job = load("job", self.job)
            if job is None:
                return
            condition = {"type": "Complete", "status": "True"} if good else {
                "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
            job["status"]["conditions"] = [condition]
            save(job)

    def remove(self):
        with locked():
            place("pod", self.name).unlink(missing_ok=True)


def descendants(pids):
    """The processes and all that come from them, still there."""
    parents = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found = list(pids)
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def main(words):
    if words[0] == "--pod":
        Node(words[1]).run()
        return
    if (ROOT / "down").exists():
        fail("The connection to the server 127.0.0.1:6443 was refused - did you specify the right "
             "host or port?")
    words = [word for word in words if not word.startswith("--namespace=")]
    known = {"apply": apply, "get": get, "delete": delete, "exec": execute}
    if words[0] not in known:
        fail(f"stand-in: not known: {words}")
    known[words[0]](words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
