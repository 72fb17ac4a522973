"""Every target there is, by its name: what takes bytes or texts from outside."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from tests.fuzz.target import Target
from tests.fuzz.targets import aws, azure, files, gcp, local, requests, tokens, words

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in chain.from_iterable(room.TARGETS for room in (files, words, tokens, requests, local, aws, gcp, azure))
}
