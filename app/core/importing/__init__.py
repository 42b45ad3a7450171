"""Take over the users of another system, with their password hashes, and give them back.

``formats`` reads files into ``records``, ``recognising`` tells the format, ``states`` who is disabled,
``checking`` says whether a record is a user, ``running`` goes through a file in batches, ``writing`` writes
one. ``exporting`` is the way out.
"""

from .checking import Checks
from .exporting import exported, kinds, peppers
from .formats import FORMATS
from .recognising import recognised
from .records import Format, PassedOver, Record, Rejected, Unreadable
from .running import Batch, Counts, Import, batches

__all__ = [
    "FORMATS",
    "Batch",
    "Checks",
    "Counts",
    "Format",
    "Import",
    "PassedOver",
    "Record",
    "Rejected",
    "Unreadable",
    "batches",
    "exported",
    "kinds",
    "peppers",
    "recognised",
]
