"""Where images come from and how they are decoded.

`open_source` turns whatever the user names into a `Source` of items; `scan` looks at every item before the expensive
work (content hash, headers, damage); `decode` gives the pixels.
"""

from gan_eval.images.archives import TarSource, ZipSource
from gan_eval.images.arrays import ArraySource, StreamSource
from gan_eval.images.decoding import MAX_PIXELS, Header, UnreadableImage, decode, probe
from gan_eval.images.files import EXTENSIONS, FilesSource, list_images
from gan_eval.images.opening import Given, open_source
from gan_eval.images.scanning import Contents, scan
from gan_eval.images.source import Item, OnBadImage, Source

__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "ArraySource",
    "Contents",
    "FilesSource",
    "Given",
    "Header",
    "Item",
    "OnBadImage",
    "Source",
    "StreamSource",
    "TarSource",
    "UnreadableImage",
    "ZipSource",
    "decode",
    "list_images",
    "open_source",
    "probe",
    "scan",
]
