"""What all structs of a plan have in common."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of a plan's structs: unknown keys are errors, values do not change."""
