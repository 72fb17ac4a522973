"""What any function set is made of; it knows none."""

import sys

# msgspec takes typing_extensions where a library brought it along, which takes as long to load as all of msgspec, for
# what Python's own typing has had since 3.11. So while it looks, there is none; whoever needs it finds it later.
if not {"msgspec", "typing_extensions"} & set(sys.modules):
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
