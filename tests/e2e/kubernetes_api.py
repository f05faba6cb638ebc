"""The API of Kubernetes as far as kubectl needs it for the executor of `roofscape sweep`, over the
objects of kubectl_standin.py: so that the real kubectl is what is called and what answers. It has
no exec, which an API server hands on to a node.

    kubernetes_api.py        serves on a free port of 127.0.0.1, and prints it

$KUBECTL_STANDIN is the folder of the objects.
"""

import http.server
import json
import re
import urllib.parse

import kubectl_standin as cluster

KINDS = {"jobs": "Job", "configmaps": "ConfigMap", "pods": "Pod"}
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def resources(version, *plurals):
    return {"kind": "APIResourceList", "groupVersion": version, "resources": [
        {"name": plural, "singularName": KINDS[plural].lower(), "namespaced": True,
         "kind": KINDS[plural], "verbs": VERBS} for plural in plurals]}


def openapi(group, kind, plural):
    """What kubectl looks for: whether a PATCH takes `fieldValidation` and `dryRun`."""
    base = f"/apis/{group}/v1" if group else "/api/v1"
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}}
                  for name in ("dryRun", "fieldManager", "fieldValidation", "force")]
    patch = {"parameters": parameters, "responses": {}, "x-kubernetes-group-version-kind": {
        "group": group, "version": "v1", "kind": kind}}
    return {"openapi": "3.0.0", "info": {"title": "stand-in", "version": "1"},
            "components": {"schemas": {}},
            "paths": {f"{base}/namespaces/{{namespace}}/{plural}/{{name}}": {"patch": patch}}}


BATCH = {"groupVersion": "batch/v1", "version": "v1"}
PAGES = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": [
        {"name": "batch", "versions": [BATCH], "preferredVersion": BATCH}]},
    "/api/v1": resources("v1", "pods", "configmaps"),
    "/apis/batch/v1": resources("batch/v1", "jobs"),
    "/openapi/v3": {"paths": {
        path: {"serverRelativeURL": f"/openapi/v3/{path}?hash=1"}
        for path in ("api/v1", "apis/batch/v1")}},
    "/openapi/v3/api/v1": openapi("", "ConfigMap", "configmaps"),
    "/openapi/v3/apis/batch/v1": openapi("batch", "Job", "jobs"),
}


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, reason, message):
        self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
                     "reason": reason, "message": message}, status)

    def place(self):
        """Kind and name that the path is about."""
        path = urllib.parse.urlparse(self.path).path
        found = re.fullmatch(
            r"/(?:api/v1|apis/batch/v1)/namespaces/bench/(\w+)(?:/([\w-]+))?", path)
        return (KINDS.get(found[1]), found[2]) if found else (None, None)

    def is_down(self):
        if (cluster.ROOT / "down").exists():
            self.close_connection = True
            self.refuse(503, "ServiceUnavailable", "the server is currently unable to handle it")
            return True
        return False

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if self.is_down():
            return
        if url.path in PAGES:
            self.answer(PAGES[url.path])
            return
        kind, name = self.place()
        if kind is None:
            self.refuse(404, "NotFound", f"there is no {url.path}")
        elif name is not None:
            item = cluster.load(kind, name)
            if item is None:
                self.refuse(404, "NotFound", f'"{name}" not found')
            else:
                self.answer(item)
        else:
            self.answer(self.listed(kind, urllib.parse.parse_qs(url.query)))

    def listed(self, kind, query):
        key, _, value = query.get("labelSelector", [""])[0].partition("=")
        items = []
        with cluster.locked():
            for path in sorted((cluster.ROOT / kind.lower()).glob("*.json")):
                item = json.loads(path.read_text())
                if item["metadata"]["labels"].get(key) == value:
                    items.append(item)
        version = "batch/v1" if kind == "Job" else "v1"
        return {"kind": f"{kind}List", "apiVersion": version,
                "metadata": {"resourceVersion": "1"}, "items": items}

    def do_PATCH(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.is_down():
            return
        if self.headers["Content-Type"] != "application/apply-patch+yaml":
            self.refuse(415, "UnsupportedMediaType", "only applying on the server's side")
            return
        self.answer(cluster.make(json.loads(body)), 201)

    def do_DELETE(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.is_down():
            return
        kind, name = self.place()
        if kind != "Job" or cluster.load(kind, name) is None:
            self.refuse(404, "NotFound", f'"{name}" not found')
            return
        cluster.delete_job(name)
        self.answer({"kind": "Status", "apiVersion": "v1", "status": "Success"})


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    print(server.server_port, flush=True)
    server.serve_forever()
