"""The clients, by name."""

from .aiperf import Aiperf
from .guidellm import Guidellm
from .inference_perf import InferencePerf
from .roofscape import Roofscape
from .sglang import Sglang
from .vllm import Vllm

PEERS = {peer.name: peer for peer in (Aiperf(), Guidellm(), Vllm(), Sglang(), InferencePerf())}
