"""One download by one peer in a process of its own; prints seconds, CPU seconds and peak memory as JSON."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

from hub import MODEL


def modelfetch(endpoint: str, folder: str) -> None:
    import modelfetch as mf

    mf.download(MODEL, endpoint=endpoint, cache_dir=folder, token=False)


def huggingface_hub(endpoint: str, folder: str) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(MODEL, endpoint=endpoint, cache_dir=folder, token=False)


def curl(endpoint: str, folder: str) -> None:
    """Every file in one call, 16 at a time, following the redirects; checks nothing."""
    import urllib.request

    with urllib.request.urlopen(f"{endpoint}/api/models/{MODEL}/revision/main?blobs=true") as answer:
        names = [item["rfilename"] for item in json.load(answer)["siblings"]]
    lines = [f'url = "{endpoint}/{MODEL}/resolve/main/{name}"\noutput = "{folder}/{name}"' for name in names]
    options = ["curl", "--silent", "--fail", "--location", "--parallel", "--parallel-max", "16", "--config", "-"]
    subprocess.run(options, input="\n".join(lines), text=True, check=True)


PEERS = {"modelfetch": modelfetch, "huggingface_hub": huggingface_hub, "curl": curl}

if __name__ == "__main__":
    name, where, target = sys.argv[1:]
    os.environ |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    began = time.monotonic()
    PEERS[name](where, target)
    wall = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used)
    print(json.dumps({"wall": wall, "cpu": cpu, "rss": max(usage.ru_maxrss for usage in used) / 1024}))
