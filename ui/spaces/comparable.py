"""Which runs were tested on the same images: only of those is image i of one plot image i of the next."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from ui import store
from vae_core.runs import RunInfo

Key = TypeVar("Key", bound=Hashable)
OTHER_IMAGES = "This run was tested on other images than the runs beside it, so it cannot be linked with them."
NOT_COMPARABLE = "These runs were tested on different images, so their numbers cannot be compared with each other."


def comparable(infos: Mapping[Key, RunInfo]) -> dict[Key, RunInfo]:
    """Return the runs that were tested on the same images as most of them; of equally many, as the first ones.

    RunError if a file is bad.
    """
    groups: list[dict[Key, RunInfo]] = []
    for key, info in infos.items():
        for group in groups:
            if store.run(info).comparable(store.run(next(iter(group.values())))):
                group[key] = info
                break
        else:
            groups.append({key: info})
    return max(groups, key=len, default={})
