"""Let the garbage collector wait while a batch is worked on.

It walks through everything that lives whenever enough is new, and a batch makes nothing but what is kept until its
end: of 100,000 values it took two seconds in five, and found nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def waiting() -> Iterator[None]:
    """Hold collections back for the block; whoever found them held back already leaves them so."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
