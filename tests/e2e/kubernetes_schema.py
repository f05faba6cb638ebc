"""Whether an object of Kubernetes is one by the published schema of its API. Where Python's package
`kubernetes_validate` can be imported (it carries the schemas that Kubernetes publishes, of each
version), they are asked, in their strict form, which takes no unknown field. Elsewhere a table of
the fields that our manifests may have is, with their types and which of them must be there: written
from the reference of batch/v1 Job and core/v1 Pod (kubernetes.io, API v1.36), and much smaller than
it."""

VERSION = "1.36"

try:
    import kubernetes_validate
except ImportError:
    kubernetes_validate = None

# A field's type: a Python type, [item], {"*": value} for maps, {field: type}; "!": must be there.
STRINGS = {"*": str}
RESOURCES = {"requests": STRINGS, "limits": STRINGS}
LABEL_SELECTOR = {"matchLabels": STRINGS}
CONTAINER = {
    "name!": str, "image": str, "command": [str], "args": [str], "resources": RESOURCES,
    "env": [{"name!": str, "value": str, "valueFrom": {"*": dict}}],
    "volumeMounts": [{"name!": str, "mountPath!": str, "readOnly": bool}]}
NODE_RULE = {"key!": str, "operator!": str, "values": [str]}
AFFINITY = {
    "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms!": [{"matchFields": [NODE_RULE], "matchExpressions": [NODE_RULE]}]}},
    "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": LABEL_SELECTOR, "topologyKey!": str}]}}
POD = {
    "restartPolicy": str, "terminationGracePeriodSeconds": int, "activeDeadlineSeconds": int,
    "enableServiceLinks": bool, "automountServiceAccountToken": bool, "serviceAccountName": str,
    "nodeSelector": STRINGS, "hostIPC": bool, "hostNetwork": bool, "priorityClassName": str,
    "tolerations": [{"key": str, "operator": str, "value": str, "effect": str,
                     "tolerationSeconds": int}],
    "affinity": AFFINITY, "containers!": [CONTAINER],
    "volumes": [{"name!": str, "emptyDir": {"medium": str, "sizeLimit": str},
                 "configMap": {"name": str}, "persistentVolumeClaim": {"claimName!": str}}]}
METADATA = {"name": str, "namespace": str, "labels": STRINGS, "annotations": STRINGS,
            "ownerReferences": [{"apiVersion!": str, "kind!": str, "name!": str, "uid!": str}]}
JOB = {"apiVersion": str, "kind": str, "metadata": METADATA,
       "spec": {"backoffLimit": int, "ttlSecondsAfterFinished": int, "suspend": bool,
                "activeDeadlineSeconds": int,
                "template!": {"metadata": METADATA, "spec": POD}}}


def source():
    if kubernetes_validate is None:
        return "a table of the fields that we use, not the published schema itself"
    return f"the published schema of Kubernetes {VERSION}, strict"


def check(value, shape, place):
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place}: must be a list"]
        return [e for i, item in enumerate(value) for e in check(item, shape[0], f"{place}[{i}]")]
    if not isinstance(shape, dict):
        good = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        return [] if good else [f"{place}: must be of type {shape.__name__}"]
    if not isinstance(value, dict):
        return [f"{place}: must be an object"]
    if "*" in shape:
        return [e for key, item in value.items() for e in check(item, shape["*"], f"{place}.{key}")]
    errors = [f"{place}.{key[:-1]}: is missing" for key in shape
              if key.endswith("!") and key[:-1] not in value]
    for key, item in value.items():
        inner = shape.get(key, shape.get(key + "!"))
        errors += [f"{place}.{key}: is not known"] if inner is None else check(
            item, inner, f"{place}.{key}")
    return errors


def errors(item):
    """What is wrong with a Job; nothing: []."""
    own = check(item, JOB, item.get("kind", "?"))
    if kubernetes_validate is None:
        return own
    try:
        kubernetes_validate.validate(item, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return own + [str(error)[:500]]
    return own
