"""How users are divided between two pools by the weights of their servers."""

from __future__ import annotations

from collections.abc import Mapping

_MOST = 256
"""The greatest weight that HAProxy takes."""


def weights_at(share: int, new: Mapping[str, int], old: Mapping[str, int]) -> dict[str, int]:
    """Return the weights that give the new pool a share of the users.

    Within a pool the servers keep their proportions. Nobody of a pool with a share gets a weight of 0.

    Args:
        share: percent for the new pool, 0 to 100.
        new: the new pool's servers, with the weights that the configuration gives them.
        old: the old pool's.
    """
    parts = {name: share * part for name, part in _parts(new).items()}
    parts |= {name: (100 - share) * part for name, part in _parts(old).items()}
    most = max(parts.values(), default=0)
    return {name: max(1, round(part * _MOST / most)) if part else 0 for name, part in parts.items()}


def share_of(now: Mapping[str, int], new: Mapping[str, int]) -> float:
    """Return the percentage of the users that the servers of ``new`` get by the weights that all have now."""
    whole = sum(now.values())
    return 100 * sum(now[name] for name in new) / whole if whole else 0.0


def _parts(pool: Mapping[str, int]) -> dict[str, float]:
    """Return each server's part of its pool: by its weight, or equal ones where all of them are 0."""
    whole = sum(pool.values())
    return {name: weight / whole if whole else 1 / len(pool) for name, weight in pool.items()}
